//! The translation of errors of MongoDB and its driver into errors of the store.

use std::io;
use std::sync::Arc;

use mongodb::error::Error;
use mongodb::error::ErrorKind;
use mongodb::error::WriteFailure;

use crate::store::error::Cause;
use crate::store::error::StoreError;

/// The error codes of the server that esctl distinguishes; see `error_codes.yml` of MongoDB.
pub(crate) mod code {
    pub(crate) const UNAUTHORIZED: i32 = 13;
    pub(crate) const AUTHENTICATION_FAILED: i32 = 18;
    pub(crate) const ILLEGAL_OPERATION: i32 = 20;
    pub(crate) const NAMESPACE_NOT_FOUND: i32 = 26;
    pub(crate) const CURSOR_NOT_FOUND: i32 = 43;
    pub(crate) const NAMESPACE_EXISTS: i32 = 48;
    pub(crate) const MAX_TIME_EXPIRED: i32 = 50;
    pub(crate) const IMMUTABLE_FIELD: i32 = 66;
    pub(crate) const INVALID_OPTIONS: i32 = 72;
    pub(crate) const INVALID_NAMESPACE: i32 = 73;
    pub(crate) const QUERY_PLAN_KILLED: i32 = 175;
    pub(crate) const INVALID_RESUME_TOKEN: i32 = 260;
    pub(crate) const CHANGES_ENDED: i32 = 280;
    pub(crate) const CHANGES_LOST: i32 = 286;
    pub(crate) const DUPLICATE_KEY: i32 = 11_000;
    pub(crate) const ATLAS_ERROR: i32 = 8_000;
    pub(crate) const OUT_OF_DISK_SPACE: i32 = 14_031;
    pub(crate) const NO_CHANGE_STREAM: i32 = 40_573;
    pub(crate) const NOT_WRITABLE_PRIMARY: i32 = 10_107;
    pub(crate) const NOT_PRIMARY_NO_SECONDARY_OK: i32 = 13_435;
    /// The server is stopping, starting, or no longer the primary: another one accepts the same request.
    pub(crate) const ELSEWHERE_OR_LATER: [i32; 13] = [6, 7, 89, 91, 133, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435];
}

/// Returns the error code of the server, if the error is from the server.
pub(crate) fn code_of(error: &Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(error) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteError(error)) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => Some(error.code),
        ErrorKind::InsertMany(error) => {
            let first = error.write_errors.as_ref().and_then(|errors| errors.first());
            first.map(|error| error.code).or_else(|| error.write_concern_error.as_ref().map(|error| error.code))
        }
        _ => None,
    }
}

/// The error text of a server, without the values in it, which may be those of events.
#[derive(Debug, thiserror::Error)]
#[error("error {code} of the server{name}{text}")]
struct ServerText {
    code: i32,
    name: String,
    text: String,
}

impl ServerText {
    /// Returns the text of an error that came from the server.
    fn of(kind: &ErrorKind) -> Option<Self> {
        match kind {
            ErrorKind::Command(error) => Some(Self::new(error.code, &error.code_name, &error.message)),
            ErrorKind::Write(WriteFailure::WriteError(error)) => {
                Some(Self::new(error.code, error.code_name.as_deref().unwrap_or_default(), &error.message))
            }
            ErrorKind::Write(WriteFailure::WriteConcernError(error)) => {
                Some(Self::new(error.code, &error.code_name, &error.message))
            }
            ErrorKind::InsertMany(error) => {
                let first = error.write_errors.as_ref().and_then(|errors| errors.first());
                let of_concern =
                    || error.write_concern_error.as_ref().map(|error| Self::new(error.code, &error.code_name, &error.message));
                first
                    .map(|error| Self::new(error.code, error.code_name.as_deref().unwrap_or_default(), &error.message))
                    .or_else(of_concern)
            }
            _ => None,
        }
    }

    fn new(code: i32, name: &str, message: &str) -> Self {
        // Values begin with a bracket or a quotation mark.
        let end = message.find(['{', '[', '"', '\'']).unwrap_or(message.len());
        let text = message[..end].trim_end_matches([' ', ':']);
        let text = if text.is_empty() { String::new() } else { format!(": {}", text.escape_debug()) };
        let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
        Self { code, name, text }
    }
}

/// Returns true where a document with the same unique key exists.
pub(crate) fn is_duplicate(error: &Error) -> bool {
    code_of(error) == Some(code::DUPLICATE_KEY)
}

/// Returns true where nothing can have been done: no server was reached, or one that accepts no writes.
pub(crate) fn was_not_sent(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::ServerSelection { .. } | ErrorKind::DnsResolve { .. } | ErrorKind::ConnectionPoolCleared { .. } => true,
        ErrorKind::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        ErrorKind::Command(error) => [code::NOT_WRITABLE_PRIMARY, code::NOT_PRIMARY_NO_SECONDARY_OK].contains(&error.code),
        _ => false,
    }
}

/// Returns true where a later request, or another server, may succeed. The outcome of this request is unknown.
pub(crate) fn may_pass(error: &Error) -> bool {
    was_not_sent(error)
        || matches!(&*error.kind, ErrorKind::Io(_))
        || matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteConcernError(_)))
        || code_of(error).is_some_and(|code| code::ELSEWHERE_OR_LATER.contains(&code))
}

/// Returns true for a TLS failure. A TLS library reports an untrusted certificate to the driver as invalid data.
pub(crate) fn is_tls(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::InvalidTlsConfig { .. } => true,
        ErrorKind::Io(error) => error.kind() == io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// Translates an error of the driver; `doing` names the failed operation. `last_failure` is the last failure to reach a server,
/// which is more specific than the error that none was found.
pub(crate) fn translate(error: Error, place: &str, doing: &str, last_failure: Option<Error>) -> StoreError {
    let code = code_of(&error);
    let last_failure = last_failure.filter(|_| matches!(&*error.kind, ErrorKind::ServerSelection { .. }));
    let cause = last_failure.unwrap_or(error);
    let what = |reason: &str| format!("{doing} {place}: {reason}");
    let not_allowed = |message, source| StoreError::NotAllowed { message, source };
    let unavailable = |message, source| StoreError::Unavailable { message, source };
    let kind = &*cause.kind;
    let source: Option<Cause> = match ServerText::of(kind) {
        Some(said) => Some(Arc::new(said)),
        // Only the kind: the error around it shows the raw answer of the server, which may contain events.
        None => Some(Arc::new(kind.clone())),
    };
    if is_tls(&cause) {
        return not_allowed(what("cannot establish a trusted TLS connection"), source);
    }
    match (kind, code) {
        (ErrorKind::Authentication { .. }, _) | (_, Some(code::AUTHENTICATION_FAILED | code::ATLAS_ERROR)) => {
            not_allowed(what("authentication failed; check user name, password and authSource"), source)
        }
        (_, Some(code::UNAUTHORIZED)) => not_allowed(what("permission denied"), source),
        (_, Some(code::INVALID_NAMESPACE)) => StoreError::Invalid(what("invalid database name")),
        (_, Some(code::MAX_TIME_EXPIRED)) => unavailable(what("the server took too long"), source),
        (_, Some(code::OUT_OF_DISK_SPACE)) => unavailable(what("the disk is full"), source),
        (ErrorKind::InvalidArgument { .. }, _) => StoreError::Invalid(what(&kind.to_string())),
        (ErrorKind::Bson(_) | ErrorKind::BsonDeserialization(_) | ErrorKind::InvalidResponse { .. }, _) => {
            StoreError::Integrity { message: what("unexpected answer of the database"), source }
        }
        (ErrorKind::IncompatibleServer { .. }, _) => StoreError::Unsupported(what(&kind.to_string())),
        (ErrorKind::Command(_) | ErrorKind::Write(_) | ErrorKind::InsertMany(_), _) if !may_pass(&cause) => {
            unavailable(what("the server refused the request"), source)
        }
        _ => unavailable(what("the server cannot be reached"), source),
    }
}

#[cfg(test)]
mod tests {
    use super::ServerText;

    #[test]
    fn the_text_of_a_server_is_shown_without_values() {
        for (message, shown) in [
            (
                "not authorized on shop to execute command { insert: \"commits\", documents: [ { secret: 1 } ] }",
                "error 13 of the server (Unauthorized): not authorized on shop to execute command",
            ),
            (
                "E11000 duplicate key error collection: shop.commits index: by_id dup key: { events.id: \"secret\" }",
                "error 13 of the server (Unauthorized): E11000 duplicate key error collection: shop.commits index: by_id dup key",
            ),
            ("cannot convert \"secret\"", "error 13 of the server (Unauthorized): cannot convert"),
            ("user 'secret' is unknown", "error 13 of the server (Unauthorized): user"),
            ("stopped\u{1b}[2J", "error 13 of the server (Unauthorized): stopped\\u{1b}"),
        ] {
            assert_eq!(ServerText::new(13, "Unauthorized", message).to_string(), shown);
        }
        assert_eq!(ServerText::new(9, "", "").to_string(), "error 9 of the server");
    }
}
