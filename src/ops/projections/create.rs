//! Creating a projection of jq programs, which the store keeps.

use serde::Serialize;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::runtime::Definition;
use crate::runtime::definitions;
use crate::runtime::is_built_in;
use crate::store::ReadModel;
use crate::store::Store;

/// The input of creating a projection.
#[derive(Debug, Clone)]
pub struct CreateProjection {
    /// The name: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// The categories whose events it applies; none: all.
    pub categories: Vec<String>,
    /// The program that returns the key of an event's row.
    pub key: String,
    /// The program that returns the next row.
    pub reduce: String,
    /// True to replace a projection with other programs.
    pub replace: bool,
    /// The time of creation.
    pub now: Timestamp,
}

/// The outcome of creating a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateOutcome {
    /// The projection was created.
    Created,
    /// The projection was replaced. The next run rebuilds its read model.
    Replaced,
    /// The projection existed with the same programs.
    AlreadyThere,
}

/// The projection after the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreateReport {
    /// The outcome.
    pub outcome: CreateOutcome,
    /// The projection.
    #[serde(flatten)]
    pub definition: Definition,
}

/// Creates a projection. Its read model is built by the first run or query.
///
/// # Errors
/// [`OpsError::Invalid`] for a bad name or a program that does not compile; [`OpsError::Conflict`] when a projection of that name
/// has other programs.
pub async fn create_projection(store: &Store, input: &CreateProjection) -> Result<CreateReport, OpsError> {
    ReadModel::live(&input.name).check_name()?;
    if is_built_in(&input.name) {
        return Err(OpsError::Invalid(format!("projection {} is built in; choose another name", input.name)));
    }
    let categories = input.categories.iter().map(|category| {
        let name = StreamName::parse(category)?;
        match name.category() == name.as_str() {
            true => Ok(name.to_string()),
            false => Err(OpsError::Invalid(format!(
                "{category} is not a category, which is the part of a stream's name before the first -"
            ))),
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
            return Err(OpsError::Conflict(format!("projection {} exists with other programs", input.name)));
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

/// Returns the seconds since 2025. A later definition has a higher version, even after one of the same name was deleted. So a
/// program that still runs the old one does not continue with the rows of the new one.
fn version_at(now: Timestamp) -> u32 {
    const START: i64 = 1_735_689_600;
    let seconds = now.micros() / 1_000_000 - START;
    u32::try_from(seconds.clamp(1, i64::from(i32::MAX))).unwrap_or(1)
}
