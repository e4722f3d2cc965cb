//! The names of streams and types by their numbers, remembered in bounded memory.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::OptionalExtension;

use crate::store::error::StoreError;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::known_end::KnownEnd;

/// The number of neighbouring numbers whose names are read together. Streams get their numbers in the order of their first
/// events, so a scan meets neighbours soon after one another.
const BLOCK: i64 = 64;
/// Maximum number of blocks: enough for 64 million names. Higher numbers are not remembered.
const MAX_BLOCKS: i64 = 1 << 20;
/// The size of remembered names in bytes, above which all are forgotten: about 1.2 million names of 20 bytes.
const MAX_BYTES: usize = 32 << 20;

/// The names of one connection.
pub(crate) struct Names {
    /// The names of streams.
    pub(crate) streams: NamesByNumber,
    /// The names of types.
    pub(crate) types: NamesByNumber,
    /// The numbers of committed types, for the writer. They never change.
    pub(crate) type_ids: HashMap<String, i64>,
    /// The ends of the store and of streams, for the writer.
    pub(crate) end: KnownEnd,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            streams: NamesByNumber::new(include_str!("sql/stream_names.sql")),
            types: NamesByNumber::new(include_str!("sql/type_names.sql")),
            type_ids: HashMap::new(),
            end: KnownEnd::default(),
        }
    }
}

/// The names of one table. The name of a number never changes.
pub(crate) struct NamesByNumber {
    /// Reads the names of a range of numbers.
    sql: &'static str,
    /// The block of the numbers from `index * BLOCK`.
    blocks: Vec<Option<Box<NameBlock>>>,
    bytes: usize,
    max_bytes: usize,
    /// The name that was read last without being remembered.
    single: String,
}

impl NamesByNumber {
    fn new(sql: &'static str) -> Self {
        Self { sql, blocks: Vec::new(), bytes: 0, max_bytes: MAX_BYTES, single: String::new() }
    }

    /// Returns the name of a number.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if there is none.
    pub(crate) fn get(&mut self, connection: &Connection, number: i64) -> Result<&str, SqlError> {
        // The offset is below BLOCK.
        let (index, offset) = (number.div_euclid(BLOCK), number.rem_euclid(BLOCK) as usize);
        let Some(index) = usize::try_from(index).ok().filter(|_| index < MAX_BLOCKS) else {
            return self.get_single(connection, number);
        };
        let known = self.blocks.get(index).and_then(Option::as_ref).is_some_and(|block| block.has(offset));
        // A name near a damaged one can still be read by itself.
        if !known && !self.read_block(connection, index).is_ok_and(|block| block.has(offset)) {
            return self.get_single(connection, number);
        }
        Ok(self.blocks.get(index).and_then(Option::as_ref).map_or("", |block| block.name(offset)))
    }

    /// Reads the block of an index, again if it is known: names may have been added.
    fn read_block(&mut self, connection: &Connection, index: usize) -> Result<&NameBlock, SqlError> {
        // No index is above MAX_BLOCKS.
        let first = index as i64 * BLOCK;
        let block = NameBlock::read(connection, self.sql, first)?;
        if self.blocks.len() <= index {
            self.blocks.resize_with(index + 1, || None);
        }
        if self.bytes + block.bytes() > self.max_bytes {
            self.blocks.fill_with(|| None);
            self.bytes = 0;
        }
        self.bytes += block.bytes();
        let slot = &mut self.blocks[index];
        if let Some(before) = slot.take() {
            self.bytes = self.bytes.saturating_sub(before.bytes());
        }
        Ok(slot.insert(Box::new(block)))
    }

    fn get_single(&mut self, connection: &Connection, number: i64) -> Result<&str, SqlError> {
        let mut statement = connection.prepare_cached(self.sql)?;
        let name = statement.query_row([number, number], |row| row.get(1)).optional()?;
        let missing = || StoreError::integrity(format!("an event refers to stream or type {number}, which is missing"));
        self.single = name.ok_or_else(missing)?;
        Ok(&self.single)
    }
}

/// The names of neighbouring numbers.
struct NameBlock {
    text: String,
    /// The end of each name in the text.
    ends: [u32; BLOCK as usize],
    /// A bit for each name that was found.
    found: u64,
}

impl NameBlock {
    fn read(connection: &Connection, sql: &str, first: i64) -> Result<Self, SqlError> {
        let mut block = Self { text: String::new(), ends: [0; BLOCK as usize], found: 0 };
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([first, first + BLOCK - 1])?;
        while let Some(row) = rows.next()? {
            let offset = usize::try_from(row.get::<_, i64>(0)? - first).ok().filter(|offset| *offset < BLOCK as usize);
            let (Some(offset), Ok(name)) = (offset, row.get_ref(1)?.as_str()) else { continue };
            block.text.push_str(name);
            block.found |= 1 << offset;
            // Names are limited, so a block of them is far smaller than 4 GiB.
            block.ends[offset..].fill(block.text.len() as u32);
        }
        block.text.shrink_to_fit();
        Ok(block)
    }

    fn has(&self, offset: usize) -> bool {
        self.found >> offset & 1 == 1
    }

    fn name(&self, offset: usize) -> &str {
        let start = if offset == 0 { 0 } else { self.ends[offset - 1] };
        &self.text[start as usize..self.ends[offset] as usize]
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rusqlite::Connection;
    use rusqlite::trace::TraceEvent;
    use rusqlite::trace::TraceEventCodes;

    use super::BLOCK;
    use super::MAX_BLOCKS;
    use super::NamesByNumber;
    use crate::store::error::StoreError;
    use crate::store::sqlite::error::SqlError;

    fn names_of(count: i64) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE streams (id INTEGER PRIMARY KEY, name)").unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
            INSERT INTO streams SELECT i, 'stream-' || i FROM n";
        connection.execute(fill, [count]).unwrap();
        connection
    }

    fn names() -> NamesByNumber {
        NamesByNumber::new(include_str!("sql/stream_names.sql"))
    }

    fn name_of(names: &mut NamesByNumber, connection: &Connection, number: i64) -> String {
        names.get(connection, number).map(str::to_owned).unwrap_or_else(|_| panic!("no name for {number}"))
    }

    thread_local! {
        static STATEMENTS: Cell<u32> = const { Cell::new(0) };
    }

    fn count_statements(connection: &Connection) {
        STATEMENTS.set(0);
        connection.trace_v2(
            TraceEventCodes::SQLITE_TRACE_STMT,
            Some(|event: TraceEvent<'_>| {
                if matches!(event, TraceEvent::Stmt(..)) {
                    STATEMENTS.set(STATEMENTS.get() + 1);
                }
            }),
        );
    }

    #[test]
    fn each_name_is_read_once_and_with_its_neighbours() {
        let (connection, mut names) = (names_of(10_000), names());
        count_statements(&connection);
        for _ in 0..2 {
            for number in 1..=10_000 {
                assert_eq!(name_of(&mut names, &connection, number), format!("stream-{number}"));
            }
        }
        assert_eq!(STATEMENTS.get(), 10_001_u32.div_ceil(64));
    }

    #[test]
    fn memory_is_bounded_by_bytes() {
        let (connection, mut names) = (names_of(10_000), names());
        names.max_bytes = 20_000;
        for number in (1..=10_000).chain([1]) {
            assert_eq!(name_of(&mut names, &connection, number), format!("stream-{number}"));
            let held: usize = names.blocks.iter().flatten().map(|block| block.bytes()).sum();
            assert!(held == names.bytes && held <= 20_000, "{held}");
        }
    }

    #[test]
    fn a_name_that_was_added_later_is_found() {
        let (connection, mut names) = (names_of(1), names());
        assert_eq!(name_of(&mut names, &connection, 1), "stream-1");
        connection.execute("INSERT INTO streams VALUES (2, '')", []).unwrap();
        assert_eq!(name_of(&mut names, &connection, 2), "");
    }

    #[test]
    fn any_number_has_its_name_and_a_damaged_one_affects_no_other() {
        let (connection, mut names) = (names_of(3), names());
        for number in [i64::MIN, -1, 0, MAX_BLOCKS * BLOCK, i64::MAX] {
            connection.execute("INSERT INTO streams VALUES (?1, 'at ' || ?1)", [number]).unwrap();
            assert_eq!(name_of(&mut names, &connection, number), format!("at {number}"));
        }
        connection.execute("UPDATE streams SET name = x'ff' WHERE id = 2", []).unwrap();
        names.blocks.clear();
        assert!(matches!(names.get(&connection, 2), Err(SqlError::Sqlite(_))));
        assert_eq!(name_of(&mut names, &connection, 3), "stream-3");
        assert!(matches!(names.get(&connection, 70), Err(SqlError::Store(StoreError::Integrity { .. }))));
    }
}
