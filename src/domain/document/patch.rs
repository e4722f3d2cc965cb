//! Patches: applied within limits, and made of what changed.
//!
//! What the library does to a value is left to it, but on a copy, one operation at a time: a patch can copy a part
//! into itself again and again, nest it without end, or be one that the library cannot take back. And `test` compares
//! numbers by their value (RFC 6902, 4.6), where the library tells 1 from 1.0.

use std::io;

use json_patch::Patch;
use json_patch::PatchErrorKind;
use json_patch::PatchOperation;
use json_patch::ReplaceOperation;
use json_patch::jsonptr::Pointer;
use json_patch::jsonptr::PointerBuf;
use serde::Serialize;
use serde_json::Map;
use serde_json::Number;
use serde_json::Value;
use thiserror::Error;

use crate::domain::excerpt::excerpt;
use crate::event::MAX_DEPTH;

/// The most bytes a change may let a document grow to, as canonical JSON.
pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;
/// How deep a document may be nested: an event can then hold all of it in one operation of a patch.
pub const MAX_DOCUMENT_DEPTH: usize = MAX_DEPTH - 3;
/// The most bytes that the copies and moves of one patch may bring from one place to another.
pub const MAX_MOVED_BYTES: usize = 4 << 20;

/// A diff up to here is recorded as it is; a longer one only where it is shorter than the document.
const SMALL_DIFF_BYTES: usize = 64 << 10;

/// Why a patch does not fit a document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("operation {operation} of the patch, {op} {path:?}: {misfit}")]
pub struct PatchError {
    /// Which operation, from 1.
    pub operation: usize,
    /// What it does: `add`, `test` …
    pub op: &'static str,
    /// Where.
    pub path: String,
    /// What is wrong with it.
    pub misfit: Misfit,
}

/// Why an operation, or an assignment, does not fit a document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Misfit {
    /// A `test` found another value; the beginning of it.
    #[error("the document has {found} there")]
    TestFailed {
        /// What the document has.
        found: String,
    },
    /// There is no such place.
    #[error("the document has no such place")]
    NoPlace,
    /// There is nothing to copy or to move.
    #[error("the document has nothing at {from:?}")]
    NothingFrom {
        /// Where it was looked for.
        from: String,
    },
    /// A value cannot be moved into itself.
    #[error("a value cannot be moved into itself")]
    IntoItself,
    /// The document would be nested too deep.
    #[error("a document may be nested {MAX_DOCUMENT_DEPTH} deep, and not deeper")]
    TooDeep,
    /// The patch copies and moves too much.
    #[error("a patch may copy and move {MAX_MOVED_BYTES} bytes, and not more")]
    MovesTooMuch,
    /// A number cannot be added to something else.
    #[error("the document has {found} there, not a number")]
    NotANumber {
        /// The beginning of the value that is there.
        found: String,
    },
    /// A sum is too large, or too large to be exact.
    #[error("{number} plus {add} is out of the range of exact numbers")]
    SumOutOfRange {
        /// The number that is there.
        number: String,
        /// The number to add.
        add: String,
    },
    /// The document would be something else.
    #[error("a document is a JSON object, and this makes it {found}")]
    NoObject {
        /// What it would be.
        found: String,
    },
}

/// The document that a patch makes of one.
///
/// # Errors
/// The first operation that does not fit.
pub fn apply(document: &Map<String, Value>, patch: &[PatchOperation]) -> Result<Map<String, Value>, PatchError> {
    let mut value = Value::Object(document.clone());
    let mut moved = 0;
    for (index, operation) in patch.iter().enumerate() {
        let error =
            |misfit| PatchError { operation: index + 1, op: op_name(operation), path: operation.path().to_string(), misfit };
        step(&mut value, operation, &mut moved).map_err(error)?;
    }
    match (value, patch.last()) {
        (Value::Object(document), _) => Ok(document),
        (other, last) => Err(PatchError {
            operation: patch.len(),
            op: last.map_or("", op_name),
            path: last.map_or_else(String::new, |last| last.path().to_string()),
            misfit: Misfit::NoObject { found: excerpt(&other) },
        }),
    }
}

fn step(document: &mut Value, operation: &PatchOperation, moved: &mut usize) -> Result<(), Misfit> {
    match operation {
        PatchOperation::Test(test) => {
            let found = document.pointer(test.path.as_str()).ok_or(Misfit::NoPlace)?;
            return if same(found, &test.value) { Ok(()) } else { Err(Misfit::TestFailed { found: excerpt(found) }) };
        }
        PatchOperation::Add(add) => check_depth(&add.path, &add.value)?,
        PatchOperation::Replace(replace) => check_depth(&replace.path, &replace.value)?,
        PatchOperation::Move(it) => check_moved(document, &it.from, &it.path, moved)?,
        PatchOperation::Copy(it) => check_moved(document, &it.from, &it.path, moved)?,
        PatchOperation::Remove(_) => {}
    }
    json_patch::patch_unsafe(document, std::slice::from_ref(operation)).map_err(|error| match (error.kind, operation) {
        (PatchErrorKind::CannotMoveInsideItself, _) => Misfit::IntoItself,
        (PatchErrorKind::InvalidFromPointer, PatchOperation::Move(it)) => nothing_from(&it.from),
        (PatchErrorKind::InvalidFromPointer, PatchOperation::Copy(it)) => nothing_from(&it.from),
        _ => Misfit::NoPlace,
    })
}

fn nothing_from(from: &Pointer) -> Misfit {
    Misfit::NothingFrom { from: from.to_string() }
}

fn check_moved(document: &Value, from: &Pointer, path: &Pointer, moved: &mut usize) -> Result<(), Misfit> {
    let value = document.pointer(from.as_str()).ok_or_else(|| nothing_from(from))?;
    check_depth(path, value)?;
    *moved += bytes_of(value);
    if *moved > MAX_MOVED_BYTES { Err(Misfit::MovesTooMuch) } else { Ok(()) }
}

/// Whether a value may stand at a place.
pub(super) fn check_depth(path: &Pointer, value: &Value) -> Result<(), Misfit> {
    if path.count() + depth_of(value) > MAX_DOCUMENT_DEPTH { Err(Misfit::TooDeep) } else { Ok(()) }
}

/// How deep a value is nested; 0: it is neither an object nor an array.
pub(super) fn depth_of(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth_of).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth_of).max().unwrap_or(0),
        _ => 0,
    }
}

/// How long a value is as JSON.
pub(super) fn bytes_of<T: Serialize>(value: &T) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        // Not JSON, so too long for any limit.
        Err(_) => usize::MAX,
    }
}

/// Whether two values are the same to a `test`.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        (Some(whole), None) => is_whole(b, whole),
        (None, Some(whole)) => is_whole(a, whole),
        (None, None) => a.as_f64() == b.as_f64(),
    }
}

fn is_whole(float: &Number, whole: i64) -> bool {
    // 2⁶³, which no i64 is: from there on the cast would say another number.
    let in_range = |float: &f64| (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(float);
    float.as_f64().filter(in_range).is_some_and(|float| float.fract() == 0.0 && float as i64 == whole)
}

/// What makes one document of another (RFC 6902); empty where they are the same.
pub fn diff(before: &Map<String, Value>, after: &Map<String, Value>) -> Patch {
    let (before, after) = (Value::Object(before.clone()), Value::Object(after.clone()));
    let patch = json_patch::diff(&before, &after);
    let bytes = bytes_of(&patch);
    if bytes > SMALL_DIFF_BYTES && bytes > bytes_of(&after) {
        let all = ReplaceOperation { path: PointerBuf::new(), value: after };
        return Patch(vec![PatchOperation::Replace(all)]);
    }
    patch
}

/// What makes of what there was, or was not, what there is, or is not: where there is no document it is null.
pub fn transition(before: Option<&Map<String, Value>>, after: Option<&Map<String, Value>>) -> Patch {
    let whole = |value| Patch(vec![PatchOperation::Replace(ReplaceOperation { path: PointerBuf::new(), value })]);
    match (before, after) {
        (Some(before), Some(after)) => diff(before, after),
        (None, Some(after)) => whole(Value::Object(after.clone())),
        (Some(_), None) => whole(Value::Null),
        (None, None) => Patch::default(),
    }
}

fn op_name(operation: &PatchOperation) -> &'static str {
    match operation {
        PatchOperation::Add(_) => "add",
        PatchOperation::Remove(_) => "remove",
        PatchOperation::Replace(_) => "replace",
        PatchOperation::Move(_) => "move",
        PatchOperation::Copy(_) => "copy",
        PatchOperation::Test(_) => "test",
    }
}
