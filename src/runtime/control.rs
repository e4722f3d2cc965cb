//! The control records of a projection in the store's catalog: pauses, the policy for failed events, and runners.

use serde::Deserialize;
use serde::Serialize;

use crate::event::Timestamp;
use crate::runtime::error::RuntimeError;
use crate::store::Record;
use crate::store::Store;
use crate::store::StoreError;

/// The kind of the records. A name begins with that of the projection, which contains no space.
const KIND: &str = "projection_control";
const PAUSED: &str = "paused";
const ON_ERROR: &str = "on_error";
const RUNNER: &str = "runner";

/// The policy of a projection for an event that failed to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// Stop before the event.
    #[default]
    Stop,
    /// Park the stream of the event, and continue with the other streams.
    Park,
}

/// The pause of a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Paused {
    /// The time of the pause.
    pub since: Timestamp,
    /// The client that has paused the projection.
    pub by: String,
    /// The reason, if there is one.
    pub reason: Option<String>,
}

/// A process that follows a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Runner {
    /// The name of the machine.
    pub host: String,
    /// The process id.
    pub pid: u32,
    /// The client that started it.
    pub by: String,
    /// The time of the start.
    pub since: Timestamp,
    /// The time after which the process counts as ended, unless it has sent another heartbeat.
    pub until: Timestamp,
}

/// The control records of one projection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Control {
    /// The pause, if the projection is paused.
    pub paused: Option<Paused>,
    /// The policy for failed events.
    pub on_error: OnError,
    /// The processes that follow the projection and have sent a heartbeat recently.
    pub runners: Vec<Runner>,
}

fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::integrity("malformed control record of a projection"))
}

/// Returns the pause that replaces an unreadable record. The projection stays paused until an operator resumes it.
fn unreadable_pause() -> Paused {
    Paused { since: Timestamp::MIN, by: String::new(), reason: Some("the record of the pause is unreadable".into()) }
}

async fn put<T: Serialize>(store: &Store, name: String, value: &T) -> Result<(), StoreError> {
    let value =
        serde_json::to_string(value).map_err(|error| StoreError::Bug(format!("failed to serialize a record: {error}")))?;
    store.put_record(Record { kind: KIND.to_owned(), name, value }).await
}

impl Control {
    /// Loads the control records of a projection, as of a time.
    pub async fn load(store: &Store, projection: &str, now: Timestamp) -> Result<Self, StoreError> {
        let mut control = Self::default();
        for record in store.records(KIND).await? {
            let Some(what) = record.name.strip_prefix(projection).and_then(|rest| rest.strip_prefix(' ')) else { continue };
            match what {
                // An unreadable record must not block every command. The safe value is used instead.
                PAUSED => control.paused = Some(read(&record.value).unwrap_or_else(|_| unreadable_pause())),
                ON_ERROR => control.on_error = read(&record.value).unwrap_or_default(),
                _ => control.runners.extend(read::<Runner>(&record.value).ok().filter(|runner| runner.until > now)),
            }
        }
        Ok(control)
    }

    /// Returns the names of unreadable control records.
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

    /// Deletes all control records of a deleted projection.
    pub async fn forget(store: &Store, projection: &str) -> Result<(), StoreError> {
        for record in store.records(KIND).await? {
            if record.name.strip_prefix(projection).is_some_and(|rest| rest.starts_with(' ')) {
                store.delete_record(KIND, &record.name).await?;
            }
        }
        Ok(())
    }
}

/// Pauses a projection. Until it is resumed, only a rebuild changes its read model.
pub async fn pause(store: &Store, projection: &str, paused: &Paused) -> Result<(), RuntimeError> {
    Ok(put(store, format!("{projection} {PAUSED}"), paused).await?)
}

/// Resumes a projection. Returns true if it was paused.
pub async fn resume(store: &Store, projection: &str) -> Result<bool, RuntimeError> {
    Ok(store.delete_record(KIND, &format!("{projection} {PAUSED}")).await?)
}

/// Sets the policy of a projection for failed events.
pub async fn set_on_error(store: &Store, projection: &str, on_error: OnError) -> Result<(), RuntimeError> {
    Ok(put(store, format!("{projection} {ON_ERROR}"), &on_error).await?)
}

fn runner_name(projection: &str, runner: &Runner) -> String {
    let host: String = runner.host.chars().filter(|c| !c.is_control()).take(30).collect();
    format!("{projection} {RUNNER} {host} {}", runner.pid)
}

/// Records that a process follows a projection, until a time.
pub async fn beat(store: &Store, projection: &str, runner: &Runner) -> Result<(), StoreError> {
    put(&store.unobserved(), runner_name(projection, runner), runner).await
}

/// Records that a process does not follow a projection any more.
pub async fn leave(store: &Store, projection: &str, runner: &Runner) -> Result<(), StoreError> {
    store.unobserved().delete_record(KIND, &runner_name(projection, runner)).await.map(drop)
}

/// Deletes the records of runners without recent heartbeats.
pub async fn forget_silent_runners(store: &Store, projection: &str, now: Timestamp) -> Result<(), StoreError> {
    for record in store.records(KIND).await? {
        let of_it = record.name.strip_prefix(projection).is_some_and(|rest| rest.starts_with(&format!(" {RUNNER} ")));
        if of_it && read::<Runner>(&record.value).is_ok_and(|runner| runner.until < now) {
            store.unobserved().delete_record(KIND, &record.name).await?;
        }
    }
    Ok(())
}
