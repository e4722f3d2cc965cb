//! The reducer that makes the state of a stream.

use serde_json::Value;
use serde_json::json;

use crate::aggregate::Fold;
use crate::aggregate::GENERIC_REDUCERS;
use crate::aggregate::JQ_REDUCER;
use crate::aggregate::generic_reducer;
use crate::aggregate::jq_reducer;
use crate::aggregate::own_reducer;
use crate::domain;
use crate::event::StreamName;
use crate::jq::JqProgram;
use crate::ops::error::OpsError;
use crate::store::Record;
use crate::store::Store;

/// The kind of the records that hold jq programs of reducers.
const KIND: &str = "reducer";
/// The reducer of categories without a domain.
const FOR_ANY_CATEGORY: &str = "merge";

/// A reducer: the rule that makes a state from events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reducer {
    /// The category's own domain, or `merge` without one.
    #[default]
    Own,
    /// The reducer with this name.
    Named(String),
    /// A jq program, for streams of any category.
    Jq(JqProgram),
}

impl Reducer {
    /// Returns the names of all reducers: domains, then generic ones.
    pub fn names() -> Vec<&'static str> {
        domain::all().iter().map(|domain| domain.category).chain(GENERIC_REDUCERS).collect()
    }

    /// Returns the reducer with a name; none if there is no such reducer.
    pub fn named(name: &str) -> Option<Self> {
        Self::names().contains(&name).then(|| Self::Named(name.to_owned()))
    }

    /// Returns the generic reducer that replaces a missing domain; none if the reducer was named or the domain exists.
    pub fn assumed_for(&self, store: &Store, category: &str) -> Option<&'static str> {
        let has_domain = store.abilities().domains && domain::of_category(category).is_some();
        (*self == Self::Own && !has_domain).then_some(FOR_ANY_CATEGORY)
    }

    /// Stores a jq program, so that its snapshots can be verified without a copy of it.
    pub(crate) async fn keep(&self, store: &Store) -> Result<(), OpsError> {
        let Self::Jq(program) = self else { return Ok(()) };
        let name = format!("{JQ_REDUCER}{}", program.hash());
        Ok(store.put_record(Record::new(KIND, &name, &json!({ "program": program.text() }))).await?)
    }

    /// Returns the reducer that made a snapshot; none if this program does not have it.
    pub(crate) async fn of_snapshot(store: &Store, name: &str) -> Result<Option<Self>, OpsError> {
        let Some(hash) = name.strip_prefix(JQ_REDUCER) else { return Ok(Self::named(name)) };
        let records = store.records(KIND).await?;
        let kept = records.into_iter().find(|record| record.name == name);
        Ok(kept.and_then(|record| program_of(&record, hash)).map(Self::Jq))
    }

    /// Returns the names of stored reducers whose program cannot be read or has another hash.
    pub(crate) async fn unreadable(store: &Store) -> Result<Vec<String>, OpsError> {
        let mut records = store.records(KIND).await?;
        let hash_of = |record: &Record| record.name.strip_prefix(JQ_REDUCER).map(str::to_owned);
        records.retain(|record| hash_of(record).is_none_or(|hash| program_of(record, &hash).is_none()));
        Ok(records.into_iter().map(|record| record.name).collect())
    }

    /// Returns the empty state of a stream. A stream that was copied from the store of another program is not folded by its own
    /// domain, but by the reducer of categories without one.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] when there is no such reducer, or when it is for another category.
    pub fn fold(&self, stream: &StreamName) -> Result<Box<dyn Fold>, OpsError> {
        let category = stream.category();
        let name = match self {
            Self::Own if domain::of_category(category).is_some() => category,
            Self::Own => FOR_ANY_CATEGORY,
            Self::Named(name) => name,
            Self::Jq(program) => return Ok(jq_reducer(program)),
        };
        if let Some(fold) = generic_reducer(name) {
            return Ok(fold);
        }
        match domain::of_category(name) {
            Some(domain) if domain.category == category => Ok(match generic_reducer(FOR_ANY_CATEGORY) {
                Some(generic) if *self == Self::Own => own_reducer((domain.aggregate)(stream.as_str()), generic),
                _ => (domain.aggregate)(stream.as_str()),
            }),
            Some(domain) => Err(OpsError::Invalid(format!(
                "reducer {name} is only for category {}; stream {stream} is of category {category}",
                domain.category
            ))),
            None => Err(OpsError::Invalid(format!("unknown reducer \"{name}\"; expected one of {}", Self::names().join(", ")))),
        }
    }

    /// Returns the empty state of a stream of a store. The domains of esctl never fold events of another program.
    ///
    /// # Errors
    /// Those of [`Reducer::fold`]; [`OpsError::Invalid`] for a domain and a store of another program.
    pub fn fold_of(&self, store: &Store, stream: &StreamName) -> Result<Box<dyn Fold>, OpsError> {
        let (abilities, category) = (store.abilities(), stream.category());
        match self {
            Self::Own if !abilities.domains => Self::Named(FOR_ANY_CATEGORY.to_owned()).fold(stream),
            Self::Named(name) if !abilities.domains && domain::of_category(name).is_some() => {
                Err(folds_only_own(name, &format!("stream {stream} of category {category}")))
            }
            _ => self.fold(stream),
        }
    }

    /// Returns the reducer of all streams of a category of a store. The domains of esctl never fold events of another program.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] for a domain and a store of another program.
    pub(crate) fn of_category(&self, store: &Store, category: &str) -> Result<Self, OpsError> {
        match self {
            _ if store.abilities().domains => Ok(self.clone()),
            Self::Own => Ok(Self::Named(FOR_ANY_CATEGORY.to_owned())),
            Self::Named(name) if domain::of_category(name).is_some() => {
                Err(folds_only_own(name, &format!("the streams of category {category}")))
            }
            _ => Ok(self.clone()),
        }
    }

    /// Does the work of [`Reducer::fold`], but requires a name for a category without a domain.
    ///
    /// # Errors
    /// Those of [`Reducer::fold`]; [`OpsError::Invalid`] for a category without a domain and without a named reducer.
    pub fn fold_to_keep(&self, stream: &StreamName) -> Result<Box<dyn Fold>, OpsError> {
        match self {
            Self::Own if domain::of_category(stream.category()).is_none() => Err(OpsError::Invalid(format!(
                "esctl has no domain for category {}; name a reducer: {}",
                stream.category(),
                GENERIC_REDUCERS.join(", ")
            ))),
            _ => self.fold(stream),
        }
    }
}

/// Returns the error for a domain and events of another program.
fn folds_only_own(name: &str, events: &str) -> OpsError {
    OpsError::Invalid(format!(
        "reducer {name} folds only events of esctl, and another program wrote {events}; name {} or a jq program",
        GENERIC_REDUCERS.join(", ")
    ))
}

/// Returns the program of a record, if it has this hash.
fn program_of(record: &Record, hash: &str) -> Option<JqProgram> {
    let value: Value = serde_json::from_str(&record.value).ok()?;
    let program = JqProgram::compile(&record.name, value["program"].as_str()?).ok()?;
    (program.hash() == hash).then_some(program)
}
