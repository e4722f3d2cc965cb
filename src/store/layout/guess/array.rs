//! Collections in which a document holds all events of one stream, in an array.

use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignTable;
use crate::store::layout::format::check_name;
use crate::store::layout::guess::choose::best;
use crate::store::layout::guess::roles::EVENT_NAMES;
use crate::store::layout::guess::roles::Guess;
use crate::store::layout::guess::words::Role;
use crate::store::layout::guess::words::snake;

/// Guesses the layout of a collection with an array of events in each document.
pub(super) fn array_guess(engine: Engine, table: &ForeignTable) -> Option<Guess> {
    if engine != Engine::Mongodb {
        return None;
    }
    let is_usable = |name: &str| !name.contains('.') && check_name(name).is_ok();
    let arrays = table.columns.iter().filter(|column| column.class == ColumnClass::Array && is_usable(&column.name));
    arrays.filter_map(|array| of_array(engine, table, &array.name)).max_by_key(|guess| guess.score)
}

fn of_array(engine: Engine, table: &ForeignTable, array: &str) -> Option<Guess> {
    let prefix = format!("{array}.");
    let inner: Vec<ForeignColumn> = table
        .columns
        .iter()
        .filter_map(|column| {
            let name = column.name.strip_prefix(&prefix).filter(|name| !name.contains('.') && check_name(name).is_ok())?;
            Some(ForeignColumn { name: name.to_owned(), ..column.clone() })
        })
        .collect();
    let inner: Vec<&ForeignColumn> = inner.iter().collect();
    let outer: Vec<&ForeignColumn> =
        table.columns.iter().filter(|column| !column.name.contains('.') && check_name(&column.name).is_ok()).collect();
    let named: Vec<&ForeignColumn> = outer.iter().copied().filter(|column| column.name != "_id").collect();
    let id = || outer.iter().copied().find(|column| column.name == "_id");
    let mut guess = Guess::empty(engine, table);
    guess.names = table.columns.iter().filter_map(|column| column.name.strip_prefix(&prefix).map(str::to_owned)).collect();
    guess.unwind = Some(array.to_owned());
    let (type_name, data) = (best(Role::Type, &inner)?, best(Role::Data, &inner)?);
    guess.roles.insert(Role::Stream, best(Role::Stream, &named).or_else(id)?.clone());
    guess.roles.insert(Role::Type, type_name.clone());
    guess.roles.insert(Role::Data, data.clone());
    guess.score += 6;
    for role in [Role::Time, Role::Id, Role::Metadata, Role::CorrelationId, Role::CausationId, Role::ClientId] {
        let free: Vec<&ForeignColumn> =
            inner.iter().copied().filter(|column| !guess.roles.values().any(|taken| taken.name == column.name)).collect();
        if let Some(column) = best(role, &free) {
            guess.roles.insert(role, column.clone());
            guess.score += 1;
        }
    }
    // Many arrays have elements with a type and a value.
    let is_of_events = EVENT_NAMES.iter().any(|part| snake(array).contains(part));
    if !is_of_events && !guess.roles.contains_key(&Role::Time) && !guess.roles.contains_key(&Role::Metadata) {
        return None;
    }
    guess.note("position", "nothing gives an order over all streams");
    guess.unsure("version", format!("the place in the array {array}, counted from 1"));
    Some(guess)
}
