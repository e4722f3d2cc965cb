//! Which reducer makes the state of a stream.

use crate::aggregate::Fold;
use crate::aggregate::GENERIC_REDUCERS;
use crate::aggregate::generic_reducer;
use crate::aggregate::jq_reducer;
use crate::domain;
use crate::event::StreamName;
use crate::jq::Program;
use crate::ops::error::OpsError;

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
