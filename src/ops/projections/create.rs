//! Making a projection of jq programs, which the store keeps.

use serde::Serialize;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::runtime::Definition;
use crate::runtime::definitions;
use crate::runtime::is_built_in;
use crate::store::ReadModel;
use crate::store::Store;

/// What to make.
#[derive(Debug, Clone)]
pub struct CreateProjection {
    /// Its name: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// The categories it wants events of; none: all.
    pub categories: Vec<String>,
    /// The program that tells the key of an event's row.
    pub key: String,
    /// The program that tells the next row.
    pub reduce: String,
    /// Whether one that is there with other programs is replaced.
    pub replace: bool,
    /// When.
    pub now: Timestamp,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateOutcome {
    /// It was not there.
    Created,
    /// It is another one now: the next run builds its read model anew beside the old one.
    Replaced,
    /// It was there like this.
    AlreadyThere,
}

/// What is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreateReport {
    /// What was done.
    pub outcome: CreateOutcome,
    /// The projection.
    #[serde(flatten)]
    pub definition: Definition,
}

/// Makes a projection. Nothing is read yet: that is for the first run or query.
///
/// # Errors
/// [`OpsError::Invalid`] for a name that cannot be or a program that does not compile, [`OpsError::Conflict`] when one
/// of that name is there with other programs, or as the store says.
pub async fn create_projection(store: &Store, input: &CreateProjection) -> Result<CreateReport, OpsError> {
    ReadModel::live(&input.name).check_name()?;
    if is_built_in(&input.name) {
        return Err(OpsError::Invalid(format!("projection {} comes with esctl: choose another name", input.name)));
    }
    let categories = input.categories.iter().map(|category| {
        let name = StreamName::parse(category)?;
        match name.category() == name.as_str() {
            true => Ok(name.to_string()),
            false => Err(OpsError::Invalid(format!("{category} is no category: a category ends before the first - of a stream"))),
        }
    });
    let categories = categories.collect::<Result<Vec<_>, _>>()?;
    let before = definitions(store).await?.into_iter().find_map(|found| match found {
        Ok(definition) if definition.name == input.name => Some(Ok(definition)),
        Err(broken) if broken.name == input.name => Some(Err(broken)),
        _ => None,
    });
    let mut definition = Definition {
        name: input.name.clone(),
        version: version_at(input.now),
        categories,
        key: input.key.clone(),
        reduce: input.reduce.clone(),
    };
    let outcome = match &before {
        None => CreateOutcome::Created,
        Some(Ok(before)) if before.same_logic(&definition) => {
            return Ok(CreateReport { outcome: CreateOutcome::AlreadyThere, definition: before.clone() });
        }
        Some(_) if !input.replace => {
            return Err(OpsError::Conflict(format!("projection {} is there already, with other programs", input.name)));
        }
        Some(before) => {
            let version = before.as_ref().map_or(0, |before| before.version);
            definition.version = definition.version.max(version.saturating_add(1));
            CreateOutcome::Replaced
        }
    };
    definition.projection().map_err(|(name, error)| OpsError::Invalid(format!("{name}: {error}")))?;
    definition.keep(store).await?;
    Ok(CreateReport { outcome, definition })
}

/// Seconds since 2025: what is made later has a later version, also after one of the same name was deleted. So nobody
/// who still runs the old one can go on with the rows of the new one.
fn version_at(now: Timestamp) -> u32 {
    const START: i64 = 1_735_689_600;
    let seconds = now.micros() / 1_000_000 - START;
    u32::try_from(seconds.clamp(1, i64::from(i32::MAX))).unwrap_or(1)
}
