//! The choice of a column for a role, by its name and its type.

use crate::store::foreign::ColumnClass;
use crate::store::foreign::ForeignColumn;
use crate::store::layout::guess::words::Role;
use crate::store::layout::guess::words::snake;
use crate::store::layout::guess::words::words;

/// Returns true if a type is possible for a role.
pub(super) fn is_possible(role: Role, class: ColumnClass) -> bool {
    use ColumnClass as Is;
    match role {
        Role::Version | Role::Position => matches!(class, Is::Integer | Is::Number),
        Role::Stream | Role::Tenant => matches!(class, Is::Text | Is::Uuid | Is::Integer | Is::ObjectId | Is::Bytes | Is::Other),
        Role::Category | Role::Type => matches!(class, Is::Text | Is::Other),
        Role::Time => matches!(class, Is::Instant | Is::LocalTime | Is::Text | Is::Integer | Is::Number | Is::Other),
        Role::Id => matches!(class, Is::Uuid | Is::Text | Is::ObjectId | Is::Integer | Is::Other | Is::Bytes),
        Role::Data | Role::Metadata => matches!(class, Is::Json | Is::Text | Is::Bytes | Is::Document | Is::Other),
        Role::SchemaVersion => matches!(class, Is::Integer | Is::Number | Is::Text),
        Role::CorrelationId | Role::CausationId | Role::ClientId => !matches!(class, Is::Json | Is::Document | Is::Array),
    }
}

/// Returns the columns whose whole name is a word of a role, in the order of preference.
pub(super) fn exact<'c>(role: Role, columns: &[&'c ForeignColumn]) -> Vec<&'c ForeignColumn> {
    let of = |word: &str| -> Vec<&'c ForeignColumn> {
        let is_word = |name: &str| snake(name) == word || without_marks(name) == without_marks(word);
        columns.iter().copied().filter(|column| is_word(&column.name) && is_possible(role, column.class)).collect()
    };
    words(role).iter().flat_map(|word| of(word)).collect()
}

/// Returns a name in lower case without `_` inside it, as the Go driver of MongoDB writes the names of fields.
fn without_marks(name: &str) -> String {
    let start = name.len() - name.trim_start_matches('_').len();
    name.char_indices().filter(|(at, c)| *at < start || *c != '_').flat_map(|(_, c)| c.to_lowercase()).collect()
}

/// Returns the best column for a role: by its whole name, or by the end of it.
pub(super) fn best<'c>(role: Role, columns: &[&'c ForeignColumn]) -> Option<&'c ForeignColumn> {
    if let Some(column) = exact(role, columns).first() {
        return Some(column);
    }
    words(role).iter().filter(|word| word.len() > 2 || role == Role::Time).find_map(|word| {
        let end = format!("_{word}");
        columns.iter().copied().find(|column| snake(&column.name).ends_with(&end) && is_possible(role, column.class))
    })
}
