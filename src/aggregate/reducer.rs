//! Reducers for streams of any application: `merge`, `last`, `count`.

use serde_json::Map;
use serde_json::Value;

use crate::aggregate::exact_numbers::with_exact_numbers;
use crate::aggregate::fold::Fold;
use crate::aggregate::fold::FoldVersion;
use crate::aggregate::fold_error::FoldError;
use crate::event::EventView;
use crate::event::Timestamp;

/// The names of the reducers without a domain.
pub const GENERIC_REDUCERS: [&str; 3] = {
    let [merge, last, count] = GenericKind::ALL;
    [merge.name(), last.name(), count.name()]
};

/// Returns the reducer with a name in [`GENERIC_REDUCERS`].
pub fn generic_reducer(name: &str) -> Option<Box<dyn Fold>> {
    let kind = GenericKind::ALL.into_iter().find(|kind| kind.name() == name)?;
    Some(Box::new(GenericReducer { kind, state: Value::Null }))
}

#[derive(Debug, Clone, Copy)]
enum GenericKind {
    /// The data of all events, merged (RFC 7396).
    Merge,
    /// The data of the last event.
    Last,
    /// The number of events of each type.
    Count,
}

impl GenericKind {
    const ALL: [Self; 3] = [Self::Merge, Self::Last, Self::Count];

    const fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Last => "last",
            Self::Count => "count",
        }
    }
}

struct GenericReducer {
    kind: GenericKind,
    state: Value,
}

impl Fold for GenericReducer {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: self.kind.name().to_owned(), version: 1 }
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        let read = || {
            let data = with_exact_numbers(event.data);
            serde_json::from_str::<Value>(&data).map_err(|error| FoldError::data(event.event_type, error))
        };
        match self.kind {
            GenericKind::Merge => match read()? {
                // An event of another program that has no data.
                Value::Null => {}
                data => json_patch::merge(&mut self.state, &data),
            },
            GenericKind::Last => self.state = read()?,
            GenericKind::Count => count(&mut self.state, event.event_type),
        }
        Ok(())
    }

    fn save(&self) -> Result<String, FoldError> {
        Ok(self.state.to_string())
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        self.state = serde_json::from_str(saved).map_err(|error| FoldError::Reducer(error.to_string()))?;
        Ok(())
    }

    fn show(&self, _at: Timestamp) -> Value {
        self.state.clone()
    }
}

fn count(state: &mut Value, event_type: &str) {
    if !state.is_object() {
        *state = Value::Object(Map::from_iter([("events".to_owned(), 0.into()), ("types".to_owned(), Map::new().into())]));
    }
    let add_one = |value: &mut Value| *value = (value.as_u64().unwrap_or(0) + 1).into();
    add_one(&mut state["events"]);
    let types = &mut state["types"];
    if types.get(event_type).is_none() {
        types[event_type] = 0.into();
    }
    add_one(&mut types[event_type]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::generic_reducer;
    use crate::event::EventView;
    use crate::event::Hash;
    use crate::event::Position;
    use crate::event::Timestamp;
    use crate::event::Version;

    #[test]
    fn each_reducer_makes_the_state_its_name_says() {
        let cases = [
            ("merge", json!({"a": 1, "b": {"d": 2}})),
            ("last", json!(null)),
            ("count", json!({"events": 3, "types": {"x.done": 3}})),
        ];
        for (name, expected) in cases {
            let mut fold = generic_reducer(name).unwrap();
            for (version, data) in [(1, r#"{"a":1,"b":{"c":1}}"#), (2, r#"{"b":{"c":null,"d":2}}"#), (3, "null")] {
                let event = EventView {
                    position: Position(version),
                    event_id: Uuid::nil(),
                    stream: "x-1",
                    version: Version(version),
                    event_type: "x.done",
                    schema_version: 1,
                    recorded_at: Timestamp::MIN,
                    data,
                    metadata: "{}",
                    hash: Hash::ZERO,
                    kept_content: None,
                    quarantined: false,
                    source: None,
                };
                fold.apply(&event).unwrap();
            }
            assert_eq!(fold.show(Timestamp::MIN), expected, "{name}");
            let mut again = generic_reducer(name).unwrap();
            again.restore(&fold.save().unwrap()).unwrap();
            assert_eq!(again.show(Timestamp::MIN), expected, "{name} restored");
        }
    }
}
