//! What clients and server say to each other: one JSON object a message, told apart by `type`.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::event::Version;
use crate::event::canonical_json;
use crate::runtime::CommandOutcome;
use crate::server::Problem;
use crate::server::problem::ErrorDetail;

/// The longest `requestId`, in bytes of JSON: it is sent back.
const MOST_REQUEST_ID: usize = 200;

/// What a client says.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(super) enum Said {
    /// Do this. On a game's connection the game, and who plays, go without saying.
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
    /// Tell me of this stream.
    Subscribe {
        stream: String,
        #[serde(default)]
        last_event_id: Option<Version>,
        #[serde(default)]
        player_id: Option<String>,
    },
    /// Tell me no more of it.
    Unsubscribe {
        stream: String,
    },
    /// Are you there?
    Ping {},
    /// A move of the game that this is the connection of.
    Join(Move),
    Leave(Move),
    PlayCard(Move),
    Acquire(Move),
    Rest(Move),
    Claim(Move),
    Discard(Move),
    EndTurn(Move),
}

/// The particulars of a move.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Move {
    #[serde(default)]
    pub(super) data: Map<String, Value>,
    #[serde(default)]
    pub(super) expect_version: Option<Version>,
    #[serde(default)]
    pub(super) command_id: Option<String>,
}

/// What the server says, besides events.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Told<'a> {
    /// A stream as it is after an event.
    State {
        stream: &'a str,
        event_id: Version,
        state: Value,
        /// The ids of quarantined events that the state leaves out.
        #[serde(rename = "left_out", skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<Uuid>,
    },
    /// What was missed comes now.
    ReplayStart { stream: &'a str, last_event_id: Version },
    /// That was all; what comes now is new.
    ReplayComplete { stream: &'a str, event_id: Version },
    /// What became of a command.
    Result {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a Value>,
        #[serde(flatten)]
        outcome: &'a CommandOutcome,
    },
    /// Why something was not done.
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stream: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<f64>,
        #[serde(flatten)]
        error: &'a ErrorDetail,
    },
    /// Nothing more comes of a stream.
    Unsubscribed {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a Value>,
        stream: &'a str,
    },
    /// Here I am.
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a Value>,
    },
}

/// Reads a message: what the client calls it, and what it says.
pub(super) fn read(text: &str) -> (Option<Value>, Result<Said, Problem>) {
    match members(text) {
        Ok((request_id, members)) => (request_id, said(members)),
        Err(problem) => (None, Err(problem)),
    }
}

fn members(text: &str) -> Result<(Option<Value>, Map<String, Value>), Problem> {
    // What no store can hold is refused with its place: nesting, numbers, keys twice.
    let canonical = canonical_json(text)?;
    let no_object = || Problem::bad_request("bad_message", "a message is a JSON object like {\"type\":\"ping\"}");
    let mut members: Map<String, Value> = serde_json::from_str(&canonical).map_err(|_| no_object())?;
    let request_id = members.remove("requestId").filter(|id| !id.is_null());
    let plain = |id: &Value| (id.is_string() || id.is_number()) && id.to_string().len() <= MOST_REQUEST_ID;
    match request_id {
        Some(id) if !plain(&id) => {
            let message = format!("requestId is a text or a number of at most {MOST_REQUEST_ID} bytes");
            Err(Problem::bad_request("bad_message", message))
        }
        request_id => Ok((request_id, members)),
    }
}

fn said(members: Map<String, Value>) -> Result<Said, Problem> {
    let unclear = |error: serde_json::Error| Problem::bad_request("bad_message", error.to_string());
    serde_json::from_value(Value::Object(members)).map_err(unclear)
}

/// Says why something was not done.
pub(super) fn refusal<'a>(request_id: Option<&'a Value>, stream: Option<&'a str>, problem: &'a Problem) -> Told<'a> {
    let retry_after = problem.retry_after.map(|wait| wait.as_secs_f64());
    Told::Error { request_id, stream, retry_after, error: &problem.error }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Move;
    use super::Said;
    use super::read;
    use crate::event::Version;

    #[test]
    fn each_message_of_the_contract_is_understood() {
        let (id, said) = read(r#"{"type":"command","requestId":"r1","command":"resource.add","id":"gold","with":{"amount":1}}"#);
        assert_eq!(id, Some(json!("r1")));
        let Ok(Said::Command { command, with, .. }) = said else { panic!("{said:?}") };
        assert_eq!((command.as_str(), &with["amount"]), ("resource.add", &json!(1)));
        let (_, said) = read(r#"{"type":"subscribe","stream":"resource-gold","lastEventId":41}"#);
        assert_eq!(
            said,
            Ok(Said::Subscribe { stream: "resource-gold".into(), last_event_id: Some(Version(41)), player_id: None })
        );
        assert_eq!(read(r#"{"type":"unsubscribe","stream":"a-1"}"#).1, Ok(Said::Unsubscribe { stream: "a-1".into() }));
        assert_eq!(read(r#"{"type":"ping","requestId":7}"#), (Some(json!(7)), Ok(Said::Ping {})));
        let moved =
            |data: serde_json::Value| Move { data: data.as_object().unwrap().clone(), expect_version: None, command_id: None };
        assert_eq!(read(r#"{"type":"claim","data":{"index":2}}"#).1, Ok(Said::Claim(moved(json!({"index": 2})))));
        assert_eq!(read(r#"{"type":"endTurn"}"#).1, Ok(Said::EndTurn(moved(json!({})))));
        assert_eq!(read(r#"{"type":"rest","data":{}}"#).1, Ok(Said::Rest(moved(json!({})))));
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
            assert_eq!(problem.error.code, code, "{text}: {problem:?}");
            assert!(problem.error.message.contains(part), "{text}: {problem:?}");
        }
    }
}
