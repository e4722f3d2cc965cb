//! The failure of each error: its kind, code and hints.

use std::error::Error;

use crate::aggregate::DecideError;
use crate::aggregate::FoldError;
use crate::aggregate::Rejection;
use crate::event::JsonError;
use crate::event::NameError;
use crate::event::Position;
use crate::jq::JqError;
use crate::ops::error::OpsError;
use crate::ops::failure::Failure;
use crate::ops::failure::FailureKind;
use crate::runtime::RuntimeError;
use crate::store::ClockReference;
use crate::store::ClockRefused;
use crate::store::IdConflict;
use crate::store::ServerProblem;
use crate::store::StoreError;

/// The code of a cursor beyond the end of a stream or of the store.
pub const CURSOR_BEYOND_END: &str = "cursor_beyond_end";

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        let cause = error.source();
        let made = match &error {
            StoreError::Conflict { stream, expected, actual } => Failure::new(FailureKind::Conflict, &message)
                .code("version_conflict")
                .hint("the stream was modified concurrently; reload and retry")
                .with("stream", stream.as_str())
                .with("expected", expected.to_string())
                .with("actual", actual.0),
            StoreError::IdConflict { event_id, reason } => {
                let made = Failure::new(FailureKind::Conflict, &message).code("event_id_conflict");
                used_before(made, reason).with("event_id", event_id.to_string())
            }
            StoreError::Invalid(_) => Failure::new(FailureKind::Usage, &message).code("invalid"),
            StoreError::NotFound(_) => Failure::new(FailureKind::NotFound, &message),
            StoreError::NoStore(place) => Failure::new(FailureKind::NotFound, &message)
                .code("store_not_found")
                .for_operators("name an existing store with --store, or create this one with 'esctl init'")
                .with("store", place.clone()),
            StoreError::Unavailable { .. } => Failure::new(FailureKind::Unavailable, &message).code("store_unavailable"),
            StoreError::NotAllowed { .. } => Failure::new(FailureKind::NotAllowed, &message).code("store_not_allowed"),
            StoreError::Integrity { .. } => Failure::new(FailureKind::Integrity, &message)
                .code("store_damaged")
                .for_operators("run 'esctl verify' to check the whole store"),
            StoreError::ForeignDamaged { source, .. } => {
                let made = Failure::new(FailureKind::Integrity, &message).code("store_damaged");
                // The database itself reads the row.
                match source {
                    None => made.for_operators("run 'esctl layout check' to compare the layout with the database"),
                    Some(_) => made,
                }
            }
            StoreError::ReadOnly(_) => Failure::new(FailureKind::Usage, &message)
                .code("store_read_only")
                .hint("a store that another program wrote can only be read; see 'esctl layout --help'"),
            StoreError::Schema(_) => Failure::new(FailureKind::Integrity, &message)
                .code("schema_damaged")
                .for_operators("run 'esctl init' to restore what is missing, or 'esctl verify' to list all differences"),
            StoreError::Replaced(_) => Failure::new(FailureKind::Integrity, &message)
                .code("store_replaced")
                .hint("restore the right store, or restart this process")
                .for_operators("restart this process on the right store; run 'esctl verify' to check the current one"),
            StoreError::ForeignCheckpoint { projection, .. } => Failure::new(FailureKind::Integrity, &message)
                .code("foreign_checkpoint")
                .for_operators(format!(
                    "run 'esctl projection rebuild {projection}' to rebuild the read model, and 'esctl verify' to check the events"
                ))
                .with("projection", projection.as_str()),
            StoreError::Unsupported(_) => Failure::new(FailureKind::Unsupported, &message).code("store_unsupported"),
            StoreError::OtherApplication { place, .. } => {
                Failure::new(FailureKind::Unsupported, &message).code("store_unsupported").with("store", place.clone())
            }
            StoreError::Unsuitable { problem, .. } => unsuitable(*problem, &message),
            StoreError::ClockRefused(refused) => clock_refused(refused),
            StoreError::OutcomeUnknown { .. } => Failure::new(FailureKind::OutcomeUnknown, &message),
            StoreError::Bug(_) => Failure::new(FailureKind::Bug, &message),
        };
        match cause {
            Some(cause) => made.caused_by(cause),
            None => made,
        }
    }
}

fn unsuitable(problem: ServerProblem, message: &str) -> Failure {
    let (code, hint) = match problem {
        ServerProblem::Product => (
            "server_not_supported",
            "run 'esctl selftest --accept-server --store URL' to test the server; use it with --accept-server",
        ),
        ServerProblem::Encoding => (
            "encoding_not_supported",
            "create a database that can store every text: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C'",
        ),
        ServerProblem::Pooler => (
            "pooler_not_supported",
            "connect to the server itself with --store, or set pool_mode = session or transaction in the pooler",
        ),
    };
    Failure::new(FailureKind::Unsupported, message).code(code).for_operators(hint)
}

/// Adds the event that used an id before, and the fields that differ.
fn used_before(made: Failure, reason: &IdConflict) -> Failure {
    let IdConflict::OtherEvent { stream, version, differs } = reason else { return made };
    let fields: Vec<&str> = differs.iter().map(|field| field.name()).collect();
    made.with("stream", stream.as_str()).with("version", version.0).with("differs", fields)
}

fn clock_refused(refused: &ClockRefused) -> Failure {
    let made = Failure::new(FailureKind::Unsupported, refused.to_string()).code("clock_refused");
    match refused {
        ClockRefused::OutOfRange { clock, .. } => {
            made.for_operators("set the clock of this machine").with("clock", clock.as_str())
        }
        ClockRefused::Differs { clock, time, reference, .. } => made
            .for_operators(match reference {
                ClockReference::LastEvent if clock < time => {
                    "set the clock of this machine; if it is right, the last events are from the future: copy the store with \
                     'esctl replay --all --into URL --retime', or append with --accept-clock"
                }
                ClockReference::PassedTime => {
                    "set the clock of this machine; if it is right, restart the process, or use --accept-clock"
                }
                _ => "set the clock of this machine; if it is right, append with --accept-clock",
            })
            .with("clock", clock.to_string())
            .with("reference", time.to_string()),
        ClockRefused::NoTimeLeft { last } => made
            .for_operators("run 'esctl replay --all --into URL --retime' to copy the store with earlier times")
            .with("reference", last.to_string()),
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        // What does not exist is not found, regardless of the domain.
        let not_found = rejection.code.ends_with("_not_found");
        let made = if not_found {
            Failure::new(FailureKind::NotFound, &rejection.message)
        } else {
            Failure::new(FailureKind::Rejected, &rejection.message)
        };
        let mut made = made.code(rejection.code);
        if rejection.details.contains_key("deleted_at") {
            made =
                made.for_operators("run 'esctl doc history ID' to read its history, or 'esctl doc create ID' to create it again");
        }
        made.details = rejection.details;
        made
    }
}

impl From<DecideError> for Failure {
    fn from(error: DecideError) -> Self {
        let message = error.to_string();
        match error {
            DecideError::UnknownCommand(_) => Failure::new(FailureKind::Usage, message).code("unknown_command"),
            DecideError::Payload { .. } => Failure::new(FailureKind::Usage, message).code("bad_payload"),
            DecideError::Rejected(rejection) => rejection.into(),
            DecideError::Event(_) => Failure::new(FailureKind::Usage, message).code("bad_payload"),
        }
    }
}

impl Failure {
    /// Returns the failure with a message about an event.
    fn at_event(mut self, message: String, stream: &str, position: Position) -> Self {
        self.message = message;
        self.with("stream", stream).with("position", position.0)
    }
}

impl From<&FoldError> for Failure {
    fn from(error: &FoldError) -> Self {
        match error {
            FoldError::NewerSchema { .. } => {
                Failure::new(FailureKind::Unsupported, error.to_string()).code("event_of_newer_program")
            }
            FoldError::NoUpcaster { .. } => Failure::new(FailureKind::Unsupported, error.to_string()).code("event_not_readable"),
            FoldError::Data { .. } => Failure::new(FailureKind::Integrity, error.to_string()).code("event_not_readable"),
            FoldError::Misfit { .. } => Failure::new(FailureKind::Integrity, error.to_string()).code("event_does_not_fit"),
            FoldError::Copied { .. } => Failure::new(FailureKind::Usage, error.to_string()).code("copied_stream"),
            FoldError::RowTooLarge { .. } => Failure::new(FailureKind::Unsupported, error.to_string()).code("row_too_large"),
            FoldError::Program(error) => error.into(),
            FoldError::Reducer(_) => Failure::new(FailureKind::Usage, error.to_string()).code("reducer_failed"),
        }
    }
}

impl From<&JqError> for Failure {
    fn from(error: &JqError) -> Self {
        let made = Failure::new(FailureKind::Usage, error.to_string()).with("program", error.program());
        match error {
            JqError::Stopped { .. } => made.code("jq_limit"),
            _ => made.code("jq_failed"),
        }
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        let message = error.to_string();
        match error {
            RuntimeError::Store(error) => error.into(),
            RuntimeError::Name(error) => error.into(),
            RuntimeError::Json(error) => error.into(),
            RuntimeError::Decide(error) => error.into(),
            RuntimeError::Fold { stream, position, source: source @ FoldError::Copied { .. }, .. } => Failure::from(&source)
                .at_event(message, &stream, position)
                .for_operators(format!("run 'esctl stream read {stream}' to read it, or 'esctl replay {stream}' to fold it"))
                .caused_by(&source),
            RuntimeError::Fold { stream, position, source, .. } => {
                let kind = Failure::from(&source);
                let look = format!(
                    "run 'esctl stream read --all --from {position} --limit 1 -o json' to read it, or \
                     'esctl quarantine add EVENT_ID --reason TEXT' to leave it out"
                );
                kind.at_event(message, &stream, position).for_operators(look).caused_by(&source)
            }
            RuntimeError::State(source) => {
                Failure::new(FailureKind::Integrity, message).code("state_not_readable").caused_by(&source)
            }
            RuntimeError::RetriesExhausted { source, attempts, .. } => {
                let made = Failure::new(FailureKind::Conflict, message)
                    .code("retries_exhausted")
                    .hint("try again")
                    .for_operators("try again, or set a longer --retry-for");
                made.with("attempts", attempts).caused_by(&source)
            }
            RuntimeError::KeyReused { key, .. } => {
                let made = Failure::new(FailureKind::Conflict, message)
                    .code("idempotency_key_reused")
                    .hint("use a new key for a new command");
                made.with("idempotency_key", key)
            }
            RuntimeError::Document { source, .. } => {
                Failure::new(FailureKind::Usage, message).code("bad_document").caused_by(&source)
            }
            RuntimeError::MaintainedByApplication(name) => Failure::new(FailureKind::Unsupported, message)
                .code("maintained_by_application")
                .hint("use the program of the application")
                .for_operators(format!(
                    "run this command with the application's own program; only 'esctl projection status {name}' and \
                     'esctl projection query {name}' work here"
                ))
                .with("projection", name),
            RuntimeError::NotFound(_) => Failure::new(FailureKind::NotFound, message),
        }
    }
}

fn not_found_code(kind: &str) -> &'static str {
    match kind {
        "stream" => "stream_not_found",
        "resource" => "resource_not_found",
        "document" => "document_not_found",
        "snapshot" => "snapshot_not_found",
        "projection" => "projection_not_found",
        "version" => "version_not_found",
        "position" => "position_not_found",
        "correlation" => "correlation_not_found",
        "read model" => "read_model_not_found",
        "layout" => "layout_not_found",
        "table" | "collection" => "table_not_found",
        _ => "not_found",
    }
}

impl From<OpsError> for Failure {
    fn from(error: OpsError) -> Self {
        let message = error.to_string();
        match error {
            OpsError::Runtime(error) => error.into(),
            OpsError::Invalid(_) => Failure::new(FailureKind::Usage, message).code("invalid"),
            OpsError::Condition { stream, position, source, .. } => {
                let kind = Failure::from(&source);
                let made = kind.at_event(message, &stream, position).caused_by(&source);
                match made.code {
                    "jq_failed" => made.hint("write (…)? around a part that may fail; an error then counts as false"),
                    _ => made,
                }
            }
            OpsError::CursorBeyondEnd { cursor, end, replica, .. } => {
                let (kind, hint) = match replica {
                    true => (FailureKind::Unavailable, "try again when the server has caught up with its primary"),
                    false => (
                        FailureKind::Integrity,
                        "the store is older than the cursor, for instance restored from a backup; read again with --after 0",
                    ),
                };
                Failure::new(kind, message).code(CURSOR_BEYOND_END).hint(hint).with("cursor", cursor).with("end", end)
            }
            OpsError::DoesNotApply { number, event_type, stream, reason } => {
                let made = Failure::new(FailureKind::Rejected, message).code("event_does_not_apply");
                let made = made.with("event", number).with("type", event_type).with("stream", stream).with("reason", reason);
                made.for_operators("use --force to append it anyway; the stream may then be unreadable")
            }
            OpsError::Conflict(_) => Failure::new(FailureKind::Conflict, message),
            OpsError::NotThere { kind, .. } => Failure::new(FailureKind::NotFound, message).code(not_found_code(kind)),
            OpsError::NotFound { kind, name, candidates } => {
                let mut made = Failure::new(FailureKind::NotFound, message).code(not_found_code(kind)).with(kind, name.clone());
                if kind == "correlation" {
                    made = made.hint("run 'esctl stream read --all -o json' to find a correlation id or an event id");
                }
                made.did_you_mean(&name, candidates.iter().map(String::as_str))
            }
        }
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        Failure::new(FailureKind::Usage, error.to_string()).code("bad_name").hint("name a stream CATEGORY-ID, like resource-gold")
    }
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Self {
        let made = Failure::new(FailureKind::Usage, error.message()).code("bad_json");
        match error.hint() {
            Some(hint) => made.hint(hint),
            None => made,
        }
    }
}
