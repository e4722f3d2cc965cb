//! Which reducer makes the state of a stream.

use serde_json::Value;
use serde_json::json;

use crate::aggregate::Fold;
use crate::aggregate::GENERIC_REDUCERS;
use crate::aggregate::JQ_REDUCER;
use crate::aggregate::generic_reducer;
use crate::aggregate::jq_reducer;
use crate::domain;
use crate::event::StreamName;
use crate::jq::Program;
use crate::ops::error::OpsError;
use crate::store::Record;
use crate::store::Store;

/// What jq programs of reducers are kept as.
const KIND: &str = "reducer";
/// What a category that no domain is for is folded with.
const FOR_ANY_CATEGORY: &str = "merge";

/// What makes a state of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reducer {
    /// The category's own domain where there is one, else `merge`.
    #[default]
    Own,
    /// The one of this name.
    Named(String),
    /// A jq program, for streams of any category.
    Jq(Program),
}

impl Reducer {
    /// The names there are: domains, then those for any stream.
    pub fn names() -> Vec<&'static str> {
        domain::all().iter().map(|domain| domain.category).chain(GENERIC_REDUCERS).collect()
    }

    /// The reducer of a name; none where there is no such reducer.
    pub fn named(name: &str) -> Option<Self> {
        Self::names().contains(&name).then(|| Self::Named(name.to_owned()))
    }

    /// Returns the generic reducer that stands in for a domain that esctl does not have; none where nothing is assumed.
    pub fn assumed_for(&self, category: &str) -> Option<&'static str> {
        (*self == Self::Own && domain::of_category(category).is_none()).then_some(FOR_ANY_CATEGORY)
    }

    /// Keeps a jq program in the store, so that what it made can be verified by who does not have it.
    ///
    /// # Errors
    /// As the store says.
    pub(crate) async fn keep(&self, store: &Store) -> Result<(), OpsError> {
        let Self::Jq(program) = self else { return Ok(()) };
        let name = format!("{JQ_REDUCER}{}", program.hash());
        Ok(store.put_record(Record::new(KIND, &name, &json!({ "program": program.text() }))).await?)
    }

    /// The reducer that made a snapshot; none where this program does not know it.
    ///
    /// # Errors
    /// As the store says.
    pub(crate) async fn of_snapshot(store: &Store, name: &str) -> Result<Option<Self>, OpsError> {
        let Some(hash) = name.strip_prefix(JQ_REDUCER) else { return Ok(Self::named(name)) };
        let records = store.records(KIND).await?;
        let kept = records.into_iter().find(|record| record.name == name);
        Ok(kept.and_then(|record| program_of(&record, hash)).map(Self::Jq))
    }

    /// Returns the names of reducers that are kept with a program that cannot be read, or is another one.
    ///
    /// # Errors
    /// As the store says.
    pub(crate) async fn unreadable(store: &Store) -> Result<Vec<String>, OpsError> {
        let mut records = store.records(KIND).await?;
        let hash_of = |record: &Record| record.name.strip_prefix(JQ_REDUCER).map(str::to_owned);
        records.retain(|record| hash_of(record).is_none_or(|hash| program_of(record, &hash).is_none()));
        Ok(records.into_iter().map(|record| record.name).collect())
    }

    /// An empty state of a stream.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] when the reducer is not there, or is for streams of another category.
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
            Some(domain) if domain.category == category => Ok((domain.aggregate)(stream.as_str())),
            Some(domain) => Err(OpsError::Invalid(format!(
                "reducer {name} is for streams of category {}; stream {stream} is of category {category}",
                domain.category
            ))),
            None => Err(OpsError::Invalid(format!("there is no reducer \"{name}\"; there are {}", Self::names().join(", ")))),
        }
    }

    /// As [`Reducer::fold`], but nothing is assumed for a category that no domain is for.
    ///
    /// # Errors
    /// As [`Reducer::fold`].
    pub fn fold_to_keep(&self, stream: &StreamName) -> Result<Box<dyn Fold>, OpsError> {
        match self {
            Self::Own if domain::of_category(stream.category()).is_none() => Err(OpsError::Invalid(format!(
                "esctl has no domain for category {}: name a reducer ({})",
                stream.category(),
                GENERIC_REDUCERS.join(", ")
            ))),
            _ => self.fold(stream),
        }
    }
}

/// Returns the program of a record, if it is the one of this hash.
fn program_of(record: &Record, hash: &str) -> Option<Program> {
    let value: Value = serde_json::from_str(&record.value).ok()?;
    let program = Program::compile(&record.name, value["program"].as_str()?).ok()?;
    (program.hash() == hash).then_some(program)
}
