//! Each error → its failure: kind, code, hints. The one place where these meet.

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

/// The code of a cursor that points beyond the end of a stream or of the store.
pub const CURSOR_BEYOND_END: &str = "cursor_beyond_end";

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        let cause = error.source();
        let made = match &error {
            StoreError::Conflict { stream, expected, actual } => Failure::new(FailureKind::Conflict, &message)
                .code("version_conflict")
                .hint("load again and decide again: somebody else has changed the stream")
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
                .for_operators("it is made by the first write; name another one with --store")
                .with("store", place.clone()),
            StoreError::Unavailable { .. } => Failure::new(FailureKind::Unavailable, &message).code("store_unavailable"),
            StoreError::NotAllowed { .. } => Failure::new(FailureKind::NotAllowed, &message).code("store_not_allowed"),
            StoreError::Integrity { .. } => Failure::new(FailureKind::Integrity, &message)
                .code("store_damaged")
                .for_operators("'esctl verify' checks the whole store and says what can be done"),
            StoreError::Schema(_) => Failure::new(FailureKind::Integrity, &message)
                .code("schema_damaged")
                .for_operators("'esctl init' puts back what is missing; 'esctl verify' names everything that differs"),
            StoreError::Replaced(_) => Failure::new(FailureKind::Integrity, &message)
                .code("store_replaced")
                .hint("put the right store in its place, or end this process and start it again")
                .for_operators("start this process again on the right store; 'esctl verify' checks the one that is there now"),
            StoreError::ForeignCheckpoint { projection, .. } => Failure::new(FailureKind::Integrity, &message)
                .code("foreign_checkpoint")
                .for_operators(format!(
                    "'esctl projection rebuild {projection}' builds the read model again from the events; 'esctl verify' checks those"
                ))
                .with("projection", projection.as_str()),
            StoreError::Unsupported(_) => Failure::new(FailureKind::Unsupported, &message).code("store_unsupported"),
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
            "'esctl selftest --accept-server --store URL' tries the server out; --accept-server then uses it",
        ),
        ServerProblem::Encoding => (
            "encoding_not_supported",
            "make a database that holds every text: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C'",
        ),
        ServerProblem::Pooler => (
            "pooler_not_supported",
            "name the server itself with --store, or set pool_mode = session or transaction in the pooler",
        ),
    };
    Failure::new(FailureKind::Unsupported, message).code(code).for_operators(hint)
}

/// Adds the event that an id was used for before, and the fields that differ.
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
                    "set the clock of this machine; where it is right, the last events are from the future: copy the store with \
                     'esctl replay --all --into URL --retime', or append with --accept-clock"
                }
                ClockReference::PassedTime => {
                    "set the clock of this machine; where it is right, start the process again, or with --accept-clock"
                }
                _ => "set the clock of this machine; where it is right, append with --accept-clock",
            })
            .with("clock", clock.to_string())
            .with("reference", time.to_string()),
        ClockRefused::NoTimeLeft { last } => made
            .for_operators("'esctl replay --all --into URL --retime' copies the store with times that leave room")
            .with("reference", last.to_string()),
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        // What does not exist is not found, whoever says so.
        let not_found = rejection.code.ends_with("_not_found");
        let made = if not_found {
            Failure::new(FailureKind::NotFound, &rejection.message)
        } else {
            Failure::new(FailureKind::Rejected, &rejection.message)
        };
        let mut made = made.code(rejection.code);
        if rejection.details.contains_key("deleted_at") {
            made = made.for_operators("its history stays: 'esctl doc history ID'; 'esctl doc create ID' begins it anew");
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
    /// The same kind of error, said of an event.
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
            RuntimeError::Fold { stream, position, source, .. } => {
                let kind = Failure::from(&source);
                let look = format!(
                    "look at it with 'esctl stream read --all --from {position} --limit 1 -o json'; \
                     'esctl quarantine add EVENT_ID --reason TEXT' leaves it out"
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
                    .for_operators("try again, or with a longer --retry-for");
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
                .hint("use the program of the application for it")
                .for_operators(format!(
                    "run this command with the application's own program; 'esctl projection status {name}' and \
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
                    "jq_failed" => made.hint("write (…)? around what may fail: an error then counts as no"),
                    _ => made,
                }
            }
            OpsError::CursorBeyondEnd { cursor, end, replica, .. } => {
                let (kind, hint) = match replica {
                    true => (FailureKind::Unavailable, "try again when the server has caught up with its primary"),
                    false => (
                        FailureKind::Integrity,
                        "the store is older than the cursor, for instance restored from a backup; start again with --after 0",
                    ),
                };
                Failure::new(kind, message).code(CURSOR_BEYOND_END).hint(hint).with("cursor", cursor).with("end", end)
            }
            OpsError::DoesNotApply { number, event_type, stream, reason } => {
                let made = Failure::new(FailureKind::Rejected, message).code("event_does_not_apply");
                let made = made.with("event", number).with("type", event_type).with("stream", stream).with("reason", reason);
                made.for_operators("--force appends it all the same; states of the stream may then be unreadable")
            }
            OpsError::Conflict(_) => Failure::new(FailureKind::Conflict, message),
            OpsError::NotThere { kind, .. } => Failure::new(FailureKind::NotFound, message).code(not_found_code(kind)),
            OpsError::NotFound { kind, name, candidates } => {
                let mut made = Failure::new(FailureKind::NotFound, message).code(not_found_code(kind)).with(kind, name.clone());
                if kind == "correlation" {
                    made = made.hint("'esctl stream read --all -o json' shows ids: a correlation id or an event_id will do");
                }
                made.did_you_mean(&name, candidates.iter().map(String::as_str))
            }
        }
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        Failure::new(FailureKind::Usage, error.to_string()).code("bad_name").hint("a stream is CATEGORY-ID, like resource-gold")
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
