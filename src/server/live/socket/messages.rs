//! The messages between client and server: one JSON object per message, distinguished by `type`.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::event::Version;
use crate::event::canonical_json;
use crate::ops::Failure;
use crate::runtime::CommandOutcome;
use crate::server::HttpProblem;

/// Maximum length of a `requestId`, in bytes of JSON, because it is sent back.
const MAX_REQUEST_ID_BYTES: usize = 200;

/// A message from a client.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(super) enum ClientMessage {
    /// Send a command. On the connection of a game, the game and the player may be omitted.
    Command {
        command: String,
        #[serde(default)]
        id: Option<String>,
        #[serde(default)]
        with: Map<String, Value>,
        #[serde(default)]
        expect_version: Option<Version>,
        #[serde(default)]
        command_id: Option<String>,
    },
    /// Follow a stream.
    Subscribe {
        stream: String,
        #[serde(default)]
        last_event_id: Option<Version>,
        #[serde(default)]
        player_id: Option<String>,
    },
    /// Stop following a stream.
    Unsubscribe {
        stream: String,
    },
    /// Check the connection.
    Ping {},
    /// A move in the game of this connection.
    Join(GameMove),
    Leave(GameMove),
    PlayCard(GameMove),
    Acquire(GameMove),
    Rest(GameMove),
    Claim(GameMove),
    Discard(GameMove),
    EndTurn(GameMove),
}

/// The arguments of a move.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GameMove {
    #[serde(default)]
    pub(super) data: Map<String, Value>,
    #[serde(default)]
    pub(super) expect_version: Option<Version>,
    #[serde(default)]
    pub(super) command_id: Option<String>,
}

/// A message from the server, other than an event.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum ServerMessage<'a> {
    /// The state of a stream after an event.
    State {
        stream: &'a str,
        event_id: Version,
        state: Value,
        /// The ids of quarantined events that the state leaves out.
        #[serde(rename = "left_out", skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<Uuid>,
    },
    /// Missed events follow.
    ReplayStart { stream: &'a str, last_event_id: Version },
    /// All missed events were sent. New events follow.
    ReplayComplete { stream: &'a str, event_id: Version },
    /// The outcome of a command.
    Result {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a Value>,
        #[serde(flatten)]
        outcome: &'a CommandOutcome,
    },
    /// An error.
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stream: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<f64>,
        #[serde(flatten)]
        error: &'a Failure,
    },
    /// The stream is not followed any more.
    Unsubscribed {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a Value>,
        stream: &'a str,
    },
    /// The answer to a ping.
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a Value>,
    },
}

/// Parses a message, and returns its `requestId` and its content.
pub(super) fn read(text: &str) -> (Option<Value>, Result<ClientMessage, HttpProblem>) {
    match members(text) {
        Ok((request_id, members)) => (request_id, parse(members)),
        Err(problem) => (None, Err(problem)),
    }
}

fn members(text: &str) -> Result<(Option<Value>, Map<String, Value>), HttpProblem> {
    // Nesting, numbers and duplicate keys that no store can hold are refused with their place.
    let canonical = canonical_json(text)?;
    let no_object = || HttpProblem::bad_request("bad_message", "expected a JSON object like {\"type\":\"ping\"}");
    let mut members: Map<String, Value> = serde_json::from_str(&canonical).map_err(|_| no_object())?;
    let request_id = members.remove("requestId").filter(|id| !id.is_null());
    let plain = |id: &Value| (id.is_string() || id.is_number()) && id.to_string().len() <= MAX_REQUEST_ID_BYTES;
    match request_id {
        Some(id) if !plain(&id) => {
            let message = format!("requestId must be a string or a number of at most {MAX_REQUEST_ID_BYTES} bytes");
            Err(HttpProblem::bad_request("bad_message", message))
        }
        request_id => Ok((request_id, members)),
    }
}

fn parse(members: Map<String, Value>) -> Result<ClientMessage, HttpProblem> {
    let unclear = |error: serde_json::Error| HttpProblem::bad_request("bad_message", error.to_string());
    serde_json::from_value(Value::Object(members)).map_err(unclear)
}

/// Returns the message of an error.
pub(super) fn error_message<'a>(
    request_id: Option<&'a Value>,
    stream: Option<&'a str>,
    problem: &'a HttpProblem,
) -> ServerMessage<'a> {
    let retry_after = problem.retry_after.map(|wait| wait.as_secs_f64());
    ServerMessage::Error { request_id, stream, retry_after, error: &problem.failure }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ClientMessage;
    use super::GameMove;
    use super::read;
    use crate::event::Version;

    #[test]
    fn each_message_of_the_contract_is_understood() {
        let (id, said) = read(r#"{"type":"command","requestId":"r1","command":"resource.add","id":"gold","with":{"amount":1}}"#);
        assert_eq!(id, Some(json!("r1")));
        let Ok(ClientMessage::Command { command, with, .. }) = said else { panic!("{said:?}") };
        assert_eq!((command.as_str(), &with["amount"]), ("resource.add", &json!(1)));
        let (_, said) = read(r#"{"type":"subscribe","stream":"resource-gold","lastEventId":41}"#);
        assert_eq!(
            said,
            Ok(ClientMessage::Subscribe { stream: "resource-gold".into(), last_event_id: Some(Version(41)), player_id: None })
        );
        assert_eq!(read(r#"{"type":"unsubscribe","stream":"a-1"}"#).1, Ok(ClientMessage::Unsubscribe { stream: "a-1".into() }));
        assert_eq!(read(r#"{"type":"ping","requestId":7}"#), (Some(json!(7)), Ok(ClientMessage::Ping {})));
        let moved = |data: serde_json::Value| GameMove {
            data: data.as_object().unwrap().clone(),
            expect_version: None,
            command_id: None,
        };
        assert_eq!(read(r#"{"type":"claim","data":{"index":2}}"#).1, Ok(ClientMessage::Claim(moved(json!({"index": 2})))));
        assert_eq!(read(r#"{"type":"endTurn"}"#).1, Ok(ClientMessage::EndTurn(moved(json!({})))));
        assert_eq!(read(r#"{"type":"rest","data":{}}"#).1, Ok(ClientMessage::Rest(moved(json!({})))));
    }

    #[test]
    fn what_is_no_message_is_refused_with_a_reason() {
        let deep = format!(r#"{{"type":"command","command":"a.b","with":{{"a":{}{}}}}}"#, "[".repeat(80), "]".repeat(80));
        let cases = [
            ("", "bad_json", "line 1"),
            ("{\"type\":", "bad_json", "line 1"),
            ("[]", "bad_message", "JSON object"),
            ("5", "bad_message", "JSON object"),
            ("{}", "bad_message", "type"),
            (r#"{"type":"dance"}"#, "bad_message", "dance"),
            (r#"{"type":"subscribe"}"#, "bad_message", "stream"),
            (r#"{"type":"subscribe","stream":"a-1","lastEventId":-1}"#, "bad_message", "-1"),
            (r#"{"type":"subscribe","stream":"a-1","lastEventId":"1"}"#, "bad_message", "string"),
            (r#"{"type":"command","command":"a.b","expectedVersion":1}"#, "bad_message", "expectedVersion"),
            (r#"{"type":"command","command":"a.b","with":[]}"#, "bad_message", "map"),
            (r#"{"type":"ping","type":"ping"}"#, "bad_json", "twice"),
            (r#"{"type":"ping","requestId":{"a":1}}"#, "bad_message", "requestId"),
            (&deep, "bad_json", "nested deeper"),
            (r#"{"type":"command","command":"a.b","with":{"a":12345678901234567.89}}"#, "bad_json", "column 47"),
            (r#"{"type":"command","command":"a.b","with":{"a":295147905179352830000}}"#, "bad_json", "out of range"),
        ];
        for (text, code, part) in cases {
            let problem = read(text).1.unwrap_err();
            assert_eq!(problem.failure.code, code, "{text}: {problem:?}");
            assert!(problem.failure.message.contains(part), "{text}: {problem:?}");
        }
    }
}
