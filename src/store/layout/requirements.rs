//! The tables and columns that a layout needs.

use std::collections::BTreeMap;

use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::layout::column_ref::ColumnRef;
use crate::store::layout::model::Condition;
use crate::store::layout::model::ConditionTest;
use crate::store::layout::model::DataForm;
use crate::store::layout::model::Events;
use crate::store::layout::model::Layout;
use crate::store::layout::model::Rows;
use crate::store::layout::model::TimeForm;
use crate::store::layout::table_name::TableName;

/// The needed columns of each needed table. The classes of the types are those that fit; none given: every class.
pub(super) type Requirements = BTreeMap<TableName, BTreeMap<String, &'static [ColumnClass]>>;

const NUMBERS: &[ColumnClass] = &[ColumnClass::Integer, ColumnClass::Number];
const JSON: &[ColumnClass] = &[ColumnClass::Json, ColumnClass::Text, ColumnClass::Bytes, ColumnClass::Document];
const ANY: &[ColumnClass] = &[];
/// SQLite keeps values of any type in a column. Numbers in a column for text become text, whose order is another one.
const NO_TEXT: &[ColumnClass] = &[
    ColumnClass::Integer,
    ColumnClass::Number,
    ColumnClass::Uuid,
    ColumnClass::Json,
    ColumnClass::Bytes,
    ColumnClass::Instant,
    ColumnClass::LocalTime,
    ColumnClass::Boolean,
    ColumnClass::Other,
];

impl Layout {
    /// Returns every table that the layout names.
    pub(super) fn tables(&self) -> Vec<&TableName> {
        let rows = [
            Some(&self.events.rows),
            self.one_stream.as_ref().map(|part| &part.rows),
            self.streams.as_ref().map(|part| &part.rows),
            self.checkpoints.as_ref().map(|part| &part.rows),
            self.snapshots.as_ref().map(|part| &part.rows),
        ];
        let named = rows.into_iter().flatten().flat_map(|rows| rows.join.iter().map(|join| &join.table).chain([&rows.from]));
        named.chain(self.detect.keys()).collect()
    }

    /// Returns the tables and columns without which the events cannot be read.
    pub(super) fn requirements(&self) -> Requirements {
        let mut needed = Needed { engine: self.engine, tables: BTreeMap::new() };
        for (table, columns) in &self.detect {
            let entry = needed.tables.entry(table.clone()).or_default();
            entry.extend(columns.iter().map(|column| (column.clone(), ANY)));
        }
        let Events { rows, unwind, position, stream, version, .. } = &self.events;
        needed.rows(rows);
        let inside = unwind.as_deref();
        needed.order(rows, position.iter());
        if let Some(stream) = stream {
            needed.add(rows, None, stream.parts.iter().chain(&stream.key), ANY);
            needed.add(rows, None, stream.number.iter().flat_map(|number| [&number.column, &number.key]), ANY);
        }
        needed.order(rows, version.iter().filter_map(|version| version.column.as_ref()));
        needed.add(rows, inside, [&self.events.type_name.column], ANY);
        // Documents of one collection may have other fields.
        if self.engine != Engine::Mongodb {
            needed.values(&self.events);
        }
        if let Some(one) = &self.one_stream {
            needed.rows(&one.rows);
            needed.add(&one.rows, None, one.parts.iter().chain(&one.order), ANY);
            needed.order(&one.rows, one.version.iter().filter_map(|version| version.column.as_ref()));
        }
        if let Some(streams) = &self.streams {
            needed.rows(&streams.rows);
            needed.add(&streams.rows, None, &streams.parts, ANY);
            needed.order(&streams.rows, streams.version.iter().filter_map(|version| version.column.as_ref()));
        }
        needed.tables
    }
}

struct Needed {
    engine: Engine,
    tables: Requirements,
}

impl Needed {
    /// Adds a table with the columns of its joins and conditions.
    fn rows(&mut self, rows: &Rows) {
        self.tables.entry(rows.from.clone()).or_default();
        for join in &rows.join {
            self.tables.entry(join.table.clone()).or_default();
            self.add(rows, None, join.on.iter().flatten().chain(&join.first_by), ANY);
        }
        for condition in &rows.conditions {
            self.condition(rows, condition);
        }
    }

    fn condition(&mut self, rows: &Rows, condition: &Condition) {
        self.add(rows, None, [&condition.column], ANY);
        if let ConditionTest::SameAs(column) = &condition.test {
            self.add(rows, None, [column], ANY);
        }
    }

    /// Adds the columns of the values of an event.
    fn values(&mut self, events: &Events) {
        let rows = &events.rows;
        if let Some(time) = &events.time {
            self.add(rows, None, [&time.column], if time.path.is_empty() { classes_of(time.form) } else { JSON });
        }
        let data = &events.data;
        let form = match data.form {
            DataForm::Bytes | DataForm::Json if !data.is_object => JSON,
            _ => ANY,
        };
        self.add(rows, None, &data.columns, form);
        self.add(rows, None, events.metadata.iter().flat_map(|metadata| &metadata.payload.columns), ANY);
        let ids = events.id.iter().chain(&events.correlation_id).chain(&events.causation_id).chain(&events.client_id);
        self.add(rows, None, ids.chain(events.extra.values()), ANY);
        if let Some(hidden) = &events.hidden {
            self.condition(rows, hidden);
        }
    }

    /// Adds columns in whose order rows are read.
    fn order<'c>(&mut self, rows: &Rows, columns: impl IntoIterator<Item = &'c ColumnRef>) {
        let classes = if self.engine == Engine::Sqlite { NO_TEXT } else { NUMBERS };
        self.add_of(rows, None, columns, classes);
    }

    fn add<'c>(
        &mut self,
        rows: &Rows,
        inside: Option<&str>,
        columns: impl IntoIterator<Item = &'c ColumnRef>,
        classes: &'static [ColumnClass],
    ) {
        // SQLite keeps values of any type in a column.
        let classes = if self.engine == Engine::Sqlite { ANY } else { classes };
        self.add_of(rows, inside, columns, classes);
    }

    fn add_of<'c>(
        &mut self,
        rows: &Rows,
        inside: Option<&str>,
        columns: impl IntoIterator<Item = &'c ColumnRef>,
        classes: &'static [ColumnClass],
    ) {
        for column in columns.into_iter().filter(|column| !column.optional) {
            let joined = rows.join.iter().find(|join| join.alias == column.alias);
            let table = joined.map_or(&rows.from, |join| &join.table);
            let name = inside.map_or_else(|| column.name.clone(), |array| format!("{array}.{}", column.name));
            let known = self.tables.entry(table.clone()).or_default().entry(name).or_insert(classes);
            if known.is_empty() {
                *known = classes;
            }
        }
    }
}

fn classes_of(form: TimeForm) -> &'static [ColumnClass] {
    match form {
        TimeForm::Timestamptz => &[ColumnClass::Instant],
        TimeForm::Utc => &[ColumnClass::LocalTime, ColumnClass::Text],
        TimeForm::EpochS | TimeForm::EpochMs | TimeForm::EpochUs => NUMBERS,
        TimeForm::Rfc3339 => &[ColumnClass::Text],
        TimeForm::Date => &[ColumnClass::Instant],
        TimeForm::Objectid => &[ColumnClass::ObjectId],
    }
}
