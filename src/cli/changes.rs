//! State changes and states as people read them in one line. Knows the fields of esctl's own domains.

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::cli::game_words::game;
use crate::cli::game_words::game_changes;
use crate::cli::output::OutputSettings;
use crate::cli::output::readable;
use crate::domain::document::Document;
use crate::domain::game::Game;
use crate::domain::resource::Resource;
use crate::event::Timestamp;
use crate::ops::Change;

/// Fields of a state that change with every event, by category: they are counted, not listed.
const BOOKKEEPING: [(&str, &[&str]); 3] = [
    (Resource::CATEGORY, &["version", "last_updated", "last_regenerated", "created_at"]),
    (Document::CATEGORY, &["version", "last_updated", "client_id"]),
    (Game::CATEGORY, &["version", "last_updated", "created_at"]),
];

/// Returns a change: `amount 1000 → 900`.
pub(super) fn change(change: &Change, unicode: bool) -> String {
    let name = match change.path.strip_prefix('/') {
        Some(path) => path.replace('/', ".").replace("~1", "/").replace("~0", "~"),
        None => "(the whole)".to_owned(),
    };
    let arrow = if unicode { "→" } else { "->" };
    match (&change.before, &change.after) {
        (None | Some(Value::Null), Some(after)) => format!("+{name} {}", readable::inner(after)),
        (Some(before), None) => format!("-{name} {}", readable::inner(before)),
        (before, after) => {
            let word = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), readable::inner);
            format!("{name} {} {arrow} {}", word(before), word(after))
        }
    }
}

/// Returns the changes that an event made to a state of a category, in one line. Bookkeeping fields are counted.
pub(super) fn changes(category: &str, changes: &[Change], after: &Value, at: Timestamp, settings: &OutputSettings) -> String {
    match changes {
        [Change { path, before: Some(Value::Null), after: Some(first) }] if path.is_empty() => {
            return state(category, first, at, settings).unwrap_or_else(|| readable::json(first));
        }
        [Change { path, after: Some(Value::Null), .. }] if path.is_empty() && category == Document::CATEGORY => {
            return "deleted".to_owned();
        }
        _ => {}
    }
    let (counted, listed): (Vec<_>, Vec<_>) = changes.iter().partition(|it| is_bookkeeping(category, it));
    let one = |it: &Change| change(it, settings.unicode);
    let mut words = match category {
        Resource::CATEGORY => resource(&listed, at, settings),
        Document::CATEGORY => listed.iter().map(|it| one(&inside("/document", it))).collect(),
        Game::CATEGORY => game_changes(&listed, after, one),
        _ => listed.iter().map(|it| one(it)).collect::<Vec<_>>(),
    };
    if words.is_empty() && !changes.is_empty() {
        let fields = changes.len();
        let kind = if counted.len() == fields { "bookkeeping " } else { "" };
        words.push(format!("{fields} {kind}field{}", if fields == 1 { "" } else { "s" }));
    }
    words.join(", ")
}

/// Returns the changes that a write made, as [`changes`] does. An amount comes first and with its maximum; a resource that has not
/// changed is shown as it is.
pub(super) fn written(category: &str, found: &[Change], after: &Value, at: Timestamp, settings: &OutputSettings) -> String {
    if category != Resource::CATEGORY {
        return changes(category, found, after, at, settings);
    }
    let listed = found.iter().filter(|it| !is_bookkeeping(category, it));
    let (amount, others): (Vec<_>, Vec<_>) = listed.partition(|it| it.path == "/amount");
    match (amount.as_slice(), after.get("max_amount")) {
        ([amount], Some(max)) => {
            let amount = format!("{} of {max}", change(amount, settings.unicode));
            std::iter::once(amount).chain(resource(&others, at, settings)).collect::<Vec<_>>().join(", ")
        }
        ([], _) if others.is_empty() => state(category, after, at, settings).unwrap_or_default(),
        _ => changes(category, found, after, at, settings),
    }
}

fn is_bookkeeping(category: &str, change: &Change) -> bool {
    let fields = BOOKKEEPING.iter().find(|(of, _)| *of == category).map_or(&[][..], |(_, fields)| fields);
    change.path.strip_prefix('/').is_some_and(|path| fields.contains(&path))
}

/// Returns a change with its path below a member that every path has.
fn inside(member: &str, change: &Change) -> Change {
    let path = change.path.strip_prefix(member).unwrap_or(&change.path).to_owned();
    Change { path, ..change.clone() }
}

/// Returns the changes of a resource. Its lock is one change.
fn resource(changes: &[&Change], at: Timestamp, settings: &OutputSettings) -> Vec<String> {
    let after = |path: &str| changes.iter().find(|change| change.path == path).map(|change| &change.after);
    let mut words = Vec::new();
    for it in changes {
        match it.path.as_str() {
            "/is_locked" if it.after == Some(Value::Bool(true)) => words.push(match after("/lock_expiry") {
                Some(Some(Value::String(expiry))) => format!("locked until {}", expiry_after(expiry, at, settings)),
                _ => "locked".to_owned(),
            }),
            "/is_locked" => words.push("unlocked".to_owned()),
            "/lock_expiry" | "/lock_reason" if after("/is_locked").is_some() => {}
            _ => words.push(change(it, settings.unicode)),
        }
    }
    words
}

/// Returns the state of a resource, a document or a game in one line; none for another category.
pub(super) fn state(category: &str, state: &Value, at: Timestamp, settings: &OutputSettings) -> Option<String> {
    match category {
        Resource::CATEGORY => {}
        Document::CATEGORY => return state.get("document").map(readable::json),
        Game::CATEGORY => return state.get("phase").map(|_| game(state)),
        _ => return None,
    }
    let (amount, max) = (state.get("amount")?, state.get("max_amount")?);
    let mut line = format!("amount {amount} of {max}");
    if state["is_locked"] == Value::Bool(true) {
        let expiry = state["lock_expiry"].as_str().unwrap_or_default();
        let reason = state["lock_reason"].as_str().map_or_else(String::new, |reason| format!(" ({reason})"));
        line.push_str(&format!(", locked until {}{reason}", expiry_after(expiry, at, settings)));
    }
    Some(line)
}

fn expiry_after(expiry: &str, at: Timestamp, settings: &OutputSettings) -> String {
    expiry.parse().map_or_else(|_| expiry.to_owned(), |expiry| settings.time_near(expiry, at))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changes;
    use crate::cli::output::OutputSettings;
    use crate::event::Timestamp;
    use crate::ops::Change;

    fn change(path: &str, before: serde_json::Value, after: serde_json::Value) -> Change {
        Change { path: path.into(), before: Some(before), after: Some(after) }
    }

    #[test]
    fn a_lock_is_one_change_and_bookkeeping_is_counted() {
        let at: Timestamp = "2026-11-29T23:50:00Z".parse().unwrap();
        let lock = |expiry: &str| {
            let found = [
                change("/is_locked", json!(false), json!(true)),
                change("/lock_expiry", json!(null), json!(expiry)),
                change("/lock_reason", json!(null), json!("maintenance")),
                change("/version", json!(1), json!(2)),
            ];
            changes("resource", &found, &json!(null), at, &OutputSettings::default())
        };
        assert_eq!(lock("2026-11-29T23:55:00.5Z"), "locked until 23:55:00Z");
        assert_eq!(lock("2026-11-30T00:05:00Z"), "locked until 2026-11-30 00:05:00Z");
        let found = [change("/amount", json!(5), json!(7)), change("/last_updated", json!("a"), json!("b"))];
        assert_eq!(changes("resource", &found, &json!(null), at, &OutputSettings::default()), "amount 5 -> 7");
        assert_eq!(changes("resource", &found[1..], &json!(null), at, &OutputSettings::default()), "1 bookkeeping field");
        assert_eq!(
            changes("order", &found, &json!(null), at, &OutputSettings { unicode: true, ..OutputSettings::default() }),
            "amount 5 → 7, last_updated a → b"
        );
    }

    #[test]
    fn a_write_shows_the_maximum_and_an_unchanged_state() {
        let at: Timestamp = "2026-11-29T23:50:00Z".parse().unwrap();
        let after = json!({"amount": 7, "max_amount": 9, "is_locked": false});
        let written = |found: &[Change]| super::written("resource", found, &after, at, &OutputSettings::default());
        let amount = change("/amount", json!(5), json!(7));
        let version = change("/version", json!(1), json!(2));
        let unlocked = change("/is_locked", json!(true), json!(false));
        assert_eq!(written(&[unlocked.clone(), amount, version.clone()]), "amount 5 -> 7 of 9, unlocked");
        assert_eq!(written(&[unlocked]), "unlocked");
        assert_eq!(written(&[version]), "amount 7 of 9");
    }

    #[test]
    fn the_first_state_is_shown_as_it_is() {
        let at: Timestamp = "2026-11-29T23:50:00Z".parse().unwrap();
        let first = |state| [change("", json!(null), state)];
        let resource = json!({"amount": 800, "max_amount": 2000, "is_locked": true, "lock_expiry": "2026-11-29T23:55:00Z"});
        assert_eq!(
            changes(
                "resource",
                &first(resource),
                &json!(null),
                at,
                &OutputSettings { unicode: true, ..OutputSettings::default() }
            ),
            "amount 800 of 2000, locked until 23:55:00Z"
        );
        assert_eq!(
            changes(
                "order",
                &first(json!({"total": 1, "to": {"city": "x"}})),
                &json!(null),
                at,
                &OutputSettings { unicode: true, ..OutputSettings::default() }
            ),
            "total 1, to {city x}"
        );
    }
}
