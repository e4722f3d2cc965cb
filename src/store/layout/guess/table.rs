//! The tables of a catalog that look like events, and the roles of their columns.

use std::cmp::Reverse;

use crate::store::foreign::Catalog;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignTable;
use crate::store::layout::format::check_name;
use crate::store::layout::guess::array::array_guess;
use crate::store::layout::guess::choose::best;
use crate::store::layout::guess::choose::exact;
use crate::store::layout::guess::choose::is_possible;
use crate::store::layout::guess::roles::Guess;
use crate::store::layout::guess::roles::LOOKS_LIKE_EVENTS;
use crate::store::layout::guess::words::Role;
use crate::store::layout::guess::words::snake;

/// Returns the tables that look like events: the likeliest first, and last those that this user may not read.
pub fn candidates(catalog: &Catalog) -> Vec<Guess> {
    let guess_of = |table: &ForeignTable| guess(catalog.engine, table).map(|guess| (!table.readable, guess));
    let mut found: Vec<(bool, Guess)> = catalog.tables.iter().filter_map(guess_of).collect();
    found.sort_by_key(|(unreadable, guess)| (*unreadable, Reverse(guess.score), guess.full_name()));
    found.into_iter().map(|(_, guess)| guess).collect()
}

fn guess(engine: Engine, table: &ForeignTable) -> Option<Guess> {
    if snake(&table.name).contains("snapshot") || check_name(&table.name).is_err() || check_schema(table).is_err() {
        return None;
    }
    // Only whole fields, and only names that a layout can hold.
    let usable =
        |column: &&ForeignColumn| check_name(&column.name).is_ok() && !(engine == Engine::Mongodb && column.name.contains('.'));
    let columns: Vec<&ForeignColumn> = table.columns.iter().filter(usable).collect();
    let mut guess = Guess::empty(engine, table);
    if !by_unique_index(&mut guess, table, &columns) && !by_names(&mut guess, table, &columns) {
        return array_guess(engine, table);
    }
    category(&mut guess, &columns);
    if !content(&mut guess, &columns) {
        return array_guess(engine, table);
    }
    position(&mut guess, table, &columns);
    for role in [
        Role::Time,
        Role::Id,
        Role::Metadata,
        Role::CorrelationId,
        Role::CausationId,
        Role::ClientId,
        Role::SchemaVersion,
        Role::Tenant,
    ] {
        take(&mut guess, role, &columns, 1);
    }
    if guess.rest_is_data() {
        rest(&mut guess, &columns);
        if guess.rest.is_empty() {
            return None;
        }
    }
    alternatives(&mut guess, &columns);
    Some(guess)
}

/// Returns the reason why a layout cannot name a table or one of its columns.
pub fn name_fault(table: &ForeignTable) -> Option<String> {
    let names = [&table.schema, &table.name].into_iter().filter(|name| !name.is_empty());
    names.chain(table.columns.iter().map(|column| &column.name)).find_map(|name| check_name(name).err())
}

fn check_schema(table: &ForeignTable) -> Result<(), String> {
    if table.schema.is_empty() { Ok(()) } else { check_name(&table.schema) }
}

impl Guess {
    /// Returns true if no single column holds the data.
    fn rest_is_data(&self) -> bool {
        !self.roles.contains_key(&Role::Data)
    }
}

/// Returns the columns without a role.
fn free<'c>(guess: &Guess, columns: &[&'c ForeignColumn]) -> Vec<&'c ForeignColumn> {
    columns.iter().copied().filter(|column| !guess.roles.values().any(|taken| taken.name == column.name)).collect()
}

fn take(guess: &mut Guess, role: Role, columns: &[&ForeignColumn], score: u32) -> bool {
    let Some(column) = best(role, &free(guess, columns)) else { return false };
    guess.roles.insert(role, column.clone());
    guess.score += score;
    true
}

/// Finds stream and version in a unique index, the heart of an event store.
fn by_unique_index(guess: &mut Guess, table: &ForeignTable, columns: &[&ForeignColumn]) -> bool {
    let mut unique: Vec<&Vec<String>> =
        table.indexes.iter().filter(|index| index.unique && index.columns.len() > 1).map(|index| &index.columns).collect();
    unique.sort_by_key(|index| index.len());
    for index in unique {
        let inside: Vec<&ForeignColumn> = columns.iter().copied().filter(|column| index.contains(&column.name)).collect();
        if inside.len() == index.len() && pair(guess, &inside) {
            guess.unique.clone_from(index);
            guess.score += 5;
            return true;
        }
    }
    false
}

/// Finds stream and version among the columns of an index.
fn pair(guess: &mut Guess, inside: &[&ForeignColumn]) -> bool {
    let version = best(Role::Version, inside);
    let without = |taken: &ForeignColumn| inside.iter().copied().filter(|column| column.name != taken.name).collect::<Vec<_>>();
    let stream = version.and_then(|version| best(Role::Stream, &without(version)));
    if let (Some(version), Some(stream)) = (version, stream) {
        set_pair(guess, stream, version);
        return true;
    }
    // One of the two has a usual name, and the index has no third column.
    let [one, other] = inside else { return false };
    let (stream, version) = match best(Role::Stream, inside) {
        Some(stream) => (stream, if stream.name == one.name { *other } else { *one }),
        None => match version {
            Some(version) => {
                let rest = if version.name == one.name { *other } else { *one };
                // A bare number names a version only beside what is clearly the id of something else.
                let is_bare = ["id", "number", "nr", "no"].contains(&snake(&version.name).as_str());
                if is_bare && (rest.class == ColumnClass::Integer || !snake(&rest.name).ends_with("_id")) {
                    return false;
                }
                (rest, version)
            }
            _ => return false,
        },
    };
    if !is_possible(Role::Version, version.class) || !is_possible(Role::Stream, stream.class) {
        return false;
    }
    set_pair(guess, stream, version);
    guess.unsure(
        "stream",
        format!("the unique index has {} and {}; their names do not say which is the stream", one.name, other.name),
    );
    true
}

fn set_pair(guess: &mut Guess, stream: &ForeignColumn, version: &ForeignColumn) {
    guess.roles.insert(Role::Version, version.clone());
    guess.roles.insert(Role::Stream, stream.clone());
}

/// Finds stream and version by their names alone, in a table whose name says that it holds events.
fn by_names(guess: &mut Guess, table: &ForeignTable, columns: &[&ForeignColumn]) -> bool {
    let (streams, versions) = (exact(Role::Stream, columns), exact(Role::Version, columns));
    let version = versions.into_iter().find(|version| !version.counts_up && snake(&version.name) != "id");
    let (Some(stream), Some(version)) = (streams.first(), version) else { return false };
    if guess.score < LOOKS_LIKE_EVENTS {
        return false;
    }
    set_pair(guess, stream, version);
    let indexed = table.indexes.iter().any(|index| index.columns.len() > 1 && index.columns[0] == stream.name);
    let detail = if indexed { "" } else { ", and no index for reading one stream" };
    guess.unsure("version", format!("there is no unique index over stream and version: a version may be there twice{detail}"));
    true
}

fn category(guess: &mut Guess, columns: &[&ForeignColumn]) {
    let stream = guess.column(Role::Stream).map(|column| snake(&column.name)).unwrap_or_default();
    // A whole name needs no category.
    if stream != "stream_name" && stream != "persistence_id" {
        take(guess, Role::Category, columns, 1);
    }
    let known: Vec<String> = [Role::Stream, Role::Version, Role::Category]
        .iter()
        .filter_map(|role| guess.column(*role).map(|column| column.name.clone()))
        .collect();
    let more: Vec<String> = guess.unique.iter().filter(|column| !known.contains(column)).cloned().collect();
    if !more.is_empty() {
        guess.unsure("stream", format!("the unique index has {} as well: a tenant or a partition?", more.join(", ")));
    }
}

/// Finds type and data. Without one of them the table must look like events in all other ways.
fn content(guess: &mut Guess, columns: &[&ForeignColumn]) -> bool {
    let is_sure = guess.score > LOOKS_LIKE_EVENTS;
    let of_events = guess.unique.is_empty() || guess.score > 5;
    let has_data = take(guess, Role::Data, columns, 2);
    let has_type = take(guess, Role::Type, columns, 2);
    match (has_type, has_data) {
        (true, true) => true,
        // The type is inside the data, or the data is in columns of its own.
        (false, true) => is_sure && of_events,
        (true, false) => is_sure && of_events,
        (false, false) => false,
    }
}

fn position(guess: &mut Guess, table: &ForeignTable, columns: &[&ForeignColumn]) {
    let free = free(guess, columns);
    let counts: Vec<&ForeignColumn> = free.iter().copied().filter(|column| column.counts_up).collect();
    let found = best(Role::Position, &counts).or_else(|| counts.first().copied());
    if let Some(column) = found {
        guess.roles.insert(Role::Position, column.clone());
        guess.score += 1;
        if column.name == "rowid" {
            guess.unsure("position", "the order of insertion; VACUUM may number the rows of this table in another way");
        } else if !table.is_indexed(&column.name) {
            guess.note(
                "position",
                format!("{} counts up, but no index begins with it: reading in order sorts the table", column.name),
            );
        }
        return;
    }
    // A number that the application gives out.
    let alone = |column: &&ForeignColumn| {
        let unique = table.indexes.iter().any(|index| index.unique && index.columns == [column.name.clone()]);
        unique && !["id", "_id"].contains(&snake(&column.name).as_str())
    };
    let numbered: Vec<&ForeignColumn> = free.into_iter().filter(alone).collect();
    match best(Role::Position, &numbered) {
        Some(column) => {
            guess.roles.insert(Role::Position, column.clone());
            guess.unsure("position", format!("{} is unique, and the application gives out the numbers", column.name));
        }
        None => guess.note("position", "nothing gives an order over all streams"),
    }
}

/// Takes the columns without a role as the data.
fn rest(guess: &mut Guess, columns: &[&ForeignColumn]) {
    let rest: Vec<ForeignColumn> = free(guess, columns).into_iter().filter(|column| column.name != "rowid").cloned().collect();
    guess.unsure("data", "no column holds all of the data: these are the columns without another use");
    guess.rest = rest;
}

/// Names the columns that could have a role instead of the chosen one.
fn alternatives(guess: &mut Guess, columns: &[&ForeignColumn]) {
    let free = free(guess, columns);
    for (role, key) in
        [(Role::Stream, "stream"), (Role::Type, "type"), (Role::Time, "time"), (Role::Data, "data"), (Role::Id, "id")]
    {
        let Some(chosen) = guess.column(role).cloned() else { continue };
        let others: Vec<String> = exact(role, &free)
            .iter()
            .filter(|other| other.class == chosen.class || role == Role::Time)
            .map(|other| other.name.clone())
            .collect();
        if !others.is_empty() {
            guess.unsure(key, format!("{} could be meant as well; {} was chosen", others.join(", "), chosen.name));
        }
    }
    if let Some(version) = guess.column(Role::Version).filter(|version| version.class == ColumnClass::Number).cloned() {
        guess.unsure("version", format!("{} is of the type {}, not of whole numbers", version.name, version.kind));
    }
}
