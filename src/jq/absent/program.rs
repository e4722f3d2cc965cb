//! Programs in a build without jq: there are none, since none can be compiled.

use crate::jq::error::JqError;
use crate::jq::error::SyntaxError;
use crate::jq::value::JqValue;

/// The size that a program may have, in bytes.
pub const MAX_PROGRAM_BYTES: usize = 64 << 10;

/// A compiled program. This build has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {}

impl Program {
    /// Refuses every program.
    ///
    /// # Errors
    /// [`SyntaxError`], always.
    pub fn compile(_: &str, text: &str) -> Result<Self, SyntaxError> {
        let message = "this build of esctl has no jq: it was built without the feature jq".to_owned();
        Err(SyntaxError { message, line: 1, column: 1, excerpt: text.lines().next().unwrap_or_default().to_owned() })
    }

    /// Sets the steps that a run may take.
    #[must_use]
    pub fn with_steps(self, _: u64) -> Self {
        match self {}
    }

    /// Returns the name of the program.
    pub fn name(&self) -> &str {
        match *self {}
    }

    /// Returns the text of the program.
    pub fn text(&self) -> &str {
        match *self {}
    }

    /// Returns the first 8 bytes of the SHA-256 of the text, in hexadecimal digits.
    pub fn hash(&self) -> String {
        match *self {}
    }

    /// Returns the one value that the program makes of an input.
    ///
    /// # Errors
    /// [`JqError`].
    pub fn one(&self, _: JqValue) -> Result<JqValue, JqError> {
        match *self {}
    }

    /// Returns the value that the program makes of an input, if it makes one.
    ///
    /// # Errors
    /// [`JqError`].
    pub fn at_most_one(&self, _: JqValue) -> Result<Option<JqValue>, JqError> {
        match *self {}
    }

    /// Returns true when one of the values that the program makes of an input is neither null nor false.
    ///
    /// # Errors
    /// [`JqError`].
    pub fn holds(&self, _: JqValue) -> Result<bool, JqError> {
        match *self {}
    }
}
