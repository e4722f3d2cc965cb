//! The text from which a follower goes on, also in another process.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

/// The version of the text.
const FORM: u32 = 1;

/// The place of a follower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowToken {
    /// The version of the text.
    form: u32,
    /// The layout and the stream that are followed.
    pub of: String,
    /// The place in the order of all streams, or in one stream.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sequence: Option<SavedSequence>,
    /// The place in each stream, by a hash of the columns of its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub streams: BTreeMap<String, SavedSequence>,
    /// The last rows, with a hash of each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rows: Vec<(i64, String)>,
}

/// A saved place in a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSequence {
    /// The last number.
    pub last: i64,
    /// The passed holes: first and last number, and the time of passing in microseconds since 1970.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub passed: Vec<(i64, i64, i64)>,
    /// The hash of the last row in a stream.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<(i64, String)>,
}

impl FollowToken {
    /// Returns a token without a place.
    pub fn new(of: String) -> Self {
        Self { form: FORM, of, sequence: None, streams: BTreeMap::new(), rows: Vec::new() }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// The reason why the text is no token.
    pub fn parse(text: &str) -> Result<Self, String> {
        let token: Self = serde_json::from_str(text).map_err(|error| format!("this is no token of a follower: {error}"))?;
        if token.form != FORM {
            return Err(format!("the token has version {}, and this program reads version {FORM}", token.form));
        }
        let saved = token.sequence.iter().chain(token.streams.values());
        if saved.flat_map(|saved| &saved.passed).any(|(first, last, _)| first > last) {
            return Err("this is no token of a follower: a hole ends before it begins".to_owned());
        }
        Ok(token)
    }

    /// Returns the text, one line of JSON.
    pub fn to_text(&self) -> String {
        // Numbers and texts always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}
