//! The substitute for programs in a build without jq. No program compiles.

use crate::jq::error::JqError;
use crate::jq::error::RunError;
use crate::jq::error::SyntaxError;
use crate::jq::lazy::LazyObject;
use crate::jq::value::JqValue;

/// Maximum size of a program in bytes.
pub const MAX_PROGRAM_BYTES: usize = 64 << 10;

/// A compiled program. This build has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JqProgram {}

impl JqProgram {
    /// Refuses every program.
    ///
    /// # Errors
    /// [`SyntaxError`], always.
    pub fn compile(_: &str, text: &str) -> Result<Self, SyntaxError> {
        let message = "this build of esctl has no jq: it was built without the feature jq".to_owned();
        Err(SyntaxError { message, line: 1, column: 1, excerpt: text.lines().next().unwrap_or_default().to_owned() })
    }

    /// Sets the maximum number of steps of a run.
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

    /// Returns the single result of the program for an input.
    ///
    /// # Errors
    /// [`JqError`].
    pub fn one(&self, _: JqValue) -> Result<JqValue, JqError> {
        match *self {}
    }

    /// Returns the result of the program for an input, if there is one.
    ///
    /// # Errors
    /// [`JqError`].
    pub fn at_most_one(&self, _: JqValue) -> Result<Option<JqValue>, JqError> {
        match *self {}
    }

    /// Returns true if a result of the program for an input is neither null nor false.
    ///
    /// # Errors
    /// [`JqError`].
    pub fn holds(&self, _: JqValue) -> Result<bool, JqError> {
        match *self {}
    }

    /// Returns the single result of the program for an input that is read as far as it is used.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn one_of(&self, _: &dyn LazyObject) -> Result<JqValue, RunError> {
        match *self {}
    }

    /// Returns the result of the program for an input that is read as far as it is used, if there is one.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn at_most_one_of(&self, _: &dyn LazyObject) -> Result<Option<JqValue>, RunError> {
        match *self {}
    }

    /// Returns true if a result of the program for an input that is read as far as it is used is neither null nor false.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn holds_of(&self, _: &dyn LazyObject) -> Result<bool, RunError> {
        match *self {}
    }
}
