//! What people and runners have said about a projection, kept in the store's catalog: paused, what to do with an event
//! that cannot be taken in, who runs it.

use serde::Deserialize;
use serde::Serialize;

use crate::event::Timestamp;
use crate::runtime::error::RuntimeError;
use crate::store::Record;
use crate::store::Store;
use crate::store::StoreError;

/// The kind of these records. Their names begin with that of the projection, which holds no space.
const KIND: &str = "projection_control";
const PAUSED: &str = "paused";
const ON_ERROR: &str = "on_error";
const RUNNER: &str = "runner";

/// What a projection does at an event that it cannot take in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// It stands before it.
    #[default]
    Stop,
    /// It holds back that event and the later ones of its stream, and goes on with the others.
    Park,
}

/// That somebody has paused a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Paused {
    /// Since when.
    pub since: Timestamp,
    /// Who did it.
    pub by: String,
    /// Why, when there is more to say.
    pub reason: Option<String>,
}

/// A process that follows a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Runner {
    /// The name of its machine.
    pub host: String,
    /// The number of the process there.
    pub pid: u32,
    /// Who started it.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// When it is to be taken for gone, unless it has said more by then.
    pub until: Timestamp,
}

/// Everything that was said about one projection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Control {
    /// Whether it is paused.
    pub paused: Option<Paused>,
    /// What it does at an event that it cannot take in.
    pub on_error: OnError,
    /// Who follows it, and has not been silent for too long.
    pub runners: Vec<Runner>,
}

fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::integrity("a record about a projection is not what was written"))
}

/// Returns the pause of a projection whose record cannot be read: it stays paused until an operator resumes it.
fn unreadable_pause() -> Paused {
    Paused { since: Timestamp::MIN, by: String::new(), reason: Some("the record of the pause cannot be read".into()) }
}

async fn say<T: Serialize>(store: &Store, name: String, value: &T) -> Result<(), StoreError> {
    let value = serde_json::to_string(value).map_err(|error| StoreError::Bug(format!("a record cannot be written: {error}")))?;
    store.put_record(Record { kind: KIND.to_owned(), name, value }).await
}

impl Control {
    /// What was said about a projection, as of a moment.
    ///
    /// # Errors
    /// As the store says.
    pub async fn load(store: &Store, projection: &str, now: Timestamp) -> Result<Self, StoreError> {
        let mut control = Self::default();
        for record in store.records(KIND).await? {
            let Some(what) = record.name.strip_prefix(projection).and_then(|rest| rest.strip_prefix(' ')) else { continue };
            match what {
                // What cannot be read must not keep every command from the projection: the careful meaning counts.
                PAUSED => control.paused = Some(read(&record.value).unwrap_or_else(|_| unreadable_pause())),
                ON_ERROR => control.on_error = read(&record.value).unwrap_or_default(),
                _ => control.runners.extend(read::<Runner>(&record.value).ok().filter(|runner| runner.until > now)),
            }
        }
        Ok(control)
    }

    /// Returns the names of records about projections that cannot be read.
    ///
    /// # Errors
    /// As the store says.
    pub async fn unreadable(store: &Store) -> Result<Vec<String>, StoreError> {
        let is_readable = |record: &Record| match record.name.split_once(' ').map(|(_, what)| what) {
            Some(PAUSED) => read::<Paused>(&record.value).is_ok(),
            Some(ON_ERROR) => read::<OnError>(&record.value).is_ok(),
            Some(what) if what.starts_with(RUNNER) => read::<Runner>(&record.value).is_ok(),
            _ => false,
        };
        let mut records = store.records(KIND).await?;
        records.retain(|record| !is_readable(record));
        Ok(records.into_iter().map(|record| record.name).collect())
    }

    /// Forgets everything that was said about a projection that is no more.
    ///
    /// # Errors
    /// As the store says.
    pub async fn forget(store: &Store, projection: &str) -> Result<(), StoreError> {
        for record in store.records(KIND).await? {
            if record.name.strip_prefix(projection).is_some_and(|rest| rest.starts_with(' ')) {
                store.delete_record(KIND, &record.name).await?;
            }
        }
        Ok(())
    }
}

/// Pauses a projection: until it is resumed nothing moves its read model but a rebuild.
///
/// # Errors
/// As the store says.
pub async fn pause(store: &Store, projection: &str, paused: &Paused) -> Result<(), RuntimeError> {
    Ok(say(store, format!("{projection} {PAUSED}"), paused).await?)
}

/// Lets a projection go on; whether it was paused.
///
/// # Errors
/// As the store says.
pub async fn resume(store: &Store, projection: &str) -> Result<bool, RuntimeError> {
    Ok(store.delete_record(KIND, &format!("{projection} {PAUSED}")).await?)
}

/// Says what a projection does from now on at an event that it cannot take in.
///
/// # Errors
/// As the store says.
pub async fn set_on_error(store: &Store, projection: &str, on_error: OnError) -> Result<(), RuntimeError> {
    Ok(say(store, format!("{projection} {ON_ERROR}"), &on_error).await?)
}

fn runner_name(projection: &str, runner: &Runner) -> String {
    let host: String = runner.host.chars().filter(|c| !c.is_control()).take(30).collect();
    format!("{projection} {RUNNER} {host} {}", runner.pid)
}

/// Says that a process follows a projection, until a moment.
///
/// # Errors
/// As the store says.
pub async fn beat(store: &Store, projection: &str, runner: &Runner) -> Result<(), StoreError> {
    say(&store.unobserved(), runner_name(projection, runner), runner).await
}

/// Says that a process follows a projection no longer.
///
/// # Errors
/// As the store says.
pub async fn leave(store: &Store, projection: &str, runner: &Runner) -> Result<(), StoreError> {
    store.unobserved().delete_record(KIND, &runner_name(projection, runner)).await.map(drop)
}

/// Takes away what runners said that have been silent for long.
///
/// # Errors
/// As the store says.
pub async fn forget_silent_runners(store: &Store, projection: &str, now: Timestamp) -> Result<(), StoreError> {
    for record in store.records(KIND).await? {
        let of_it = record.name.strip_prefix(projection).is_some_and(|rest| rest.starts_with(&format!(" {RUNNER} ")));
        if of_it && read::<Runner>(&record.value).is_ok_and(|runner| runner.until < now) {
            store.unobserved().delete_record(KIND, &record.name).await?;
        }
    }
    Ok(())
}
