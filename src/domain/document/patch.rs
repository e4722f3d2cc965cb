//! Applying and making patches, within limits.
//!
//! The library applies a patch to a copy, one operation at a time. Limits are checked for each operation, because a
//! patch may copy a part into itself repeatedly, nest it without end, or fail in a way that the library cannot revert.
//! `test` compares numbers by value (RFC 6902, 4.6), while the library distinguishes 1 from 1.0.

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

use crate::domain::truncate::truncate;
use crate::event::MAX_DEPTH;

/// Maximum size that a change may bring a document to, in bytes of canonical JSON.
pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;
/// Maximum depth of a document, so that an event can hold it in one operation of a patch.
pub const MAX_DOCUMENT_DEPTH: usize = MAX_DEPTH - 3;
/// Maximum number of bytes that one patch may copy and move.
pub const MAX_MOVED_BYTES: usize = 4 << 20;

/// Size up to which a diff is always recorded, in bytes. A longer diff is recorded only if it is shorter than the
/// document.
const SMALL_DIFF_BYTES: usize = 64 << 10;

/// An error of a patch that does not fit a document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("operation {operation} of the patch, {op} {path:?}: {misfit}")]
pub struct PatchError {
    /// The number of the operation, from 1.
    pub operation: usize,
    /// The name of the operation, such as `add` or `test`.
    pub op: &'static str,
    /// The path of the operation.
    pub path: String,
    /// The reason.
    pub misfit: DocumentMisfit,
}

/// The reason why an operation or assignment does not fit a document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentMisfit {
    /// A `test` found another value.
    #[error("found {found}")]
    TestFailed {
        /// The beginning of the value in the document.
        found: String,
    },
    /// The path does not exist.
    #[error("path not found")]
    NoPlace,
    /// There is nothing to copy or move.
    #[error("nothing at {from:?}")]
    NothingFrom {
        /// The path to copy or move from.
        from: String,
    },
    /// A value would be moved into itself.
    #[error("a value cannot be moved into itself")]
    IntoItself,
    /// The document would be nested too deep.
    #[error("document nested deeper than {MAX_DOCUMENT_DEPTH}")]
    TooDeep,
    /// The patch copies and moves too much.
    #[error("patch copies and moves more than {MAX_MOVED_BYTES} bytes")]
    MovesTooMuch,
    /// The value to add to is not a number.
    #[error("found {found}, not a number")]
    NotANumber {
        /// The beginning of the value.
        found: String,
    },
    /// A sum is out of range, or not exact.
    #[error("{number} plus {add} is out of the range of exact numbers")]
    SumOutOfRange {
        /// The number in the document.
        number: String,
        /// The number to add.
        add: String,
    },
    /// The result is not an object.
    #[error("result is {found}, not a JSON object")]
    NoObject {
        /// The beginning of the result.
        found: String,
    },
}

/// Applies a patch to a document.
///
/// # Errors
/// [`PatchError`] for the first operation that does not fit.
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
            misfit: DocumentMisfit::NoObject { found: truncate(&other) },
        }),
    }
}

fn step(document: &mut Value, operation: &PatchOperation, moved: &mut usize) -> Result<(), DocumentMisfit> {
    match operation {
        PatchOperation::Test(test) => {
            let found = document.pointer(test.path.as_str()).ok_or(DocumentMisfit::NoPlace)?;
            return if same(found, &test.value) { Ok(()) } else { Err(DocumentMisfit::TestFailed { found: truncate(found) }) };
        }
        PatchOperation::Add(add) => check_depth(&add.path, &add.value)?,
        PatchOperation::Replace(replace) => check_depth(&replace.path, &replace.value)?,
        PatchOperation::Move(it) => check_moved(document, &it.from, &it.path, moved)?,
        PatchOperation::Copy(it) => check_moved(document, &it.from, &it.path, moved)?,
        PatchOperation::Remove(_) => {}
    }
    json_patch::patch_unsafe(document, std::slice::from_ref(operation)).map_err(|error| match (error.kind, operation) {
        (PatchErrorKind::CannotMoveInsideItself, _) => DocumentMisfit::IntoItself,
        (PatchErrorKind::InvalidFromPointer, PatchOperation::Move(it)) => nothing_from(&it.from),
        (PatchErrorKind::InvalidFromPointer, PatchOperation::Copy(it)) => nothing_from(&it.from),
        _ => DocumentMisfit::NoPlace,
    })
}

fn nothing_from(from: &Pointer) -> DocumentMisfit {
    DocumentMisfit::NothingFrom { from: from.to_string() }
}

fn check_moved(document: &Value, from: &Pointer, path: &Pointer, moved: &mut usize) -> Result<(), DocumentMisfit> {
    let value = document.pointer(from.as_str()).ok_or_else(|| nothing_from(from))?;
    check_depth(path, value)?;
    *moved += bytes_of(value);
    if *moved > MAX_MOVED_BYTES { Err(DocumentMisfit::MovesTooMuch) } else { Ok(()) }
}

/// Checks the depth of a value at a path.
pub(super) fn check_depth(path: &Pointer, value: &Value) -> Result<(), DocumentMisfit> {
    if path.count() + depth_of(value) > MAX_DOCUMENT_DEPTH { Err(DocumentMisfit::TooDeep) } else { Ok(()) }
}

/// Returns the depth of a value; 0 if it is neither an object nor an array.
pub(super) fn depth_of(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth_of).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth_of).max().unwrap_or(0),
        _ => 0,
    }
}

/// Returns the length of a value as JSON, in bytes.
pub(super) fn bytes_of<T: Serialize>(value: &T) -> usize {
    struct ByteCount(usize);
    impl io::Write for ByteCount {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = ByteCount(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        // A value that does not serialize exceeds any limit.
        Err(_) => usize::MAX,
    }
}

/// Returns true if a `test` accepts two values as equal.
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
    // From 2⁶³ on the cast would return another number.
    let in_range = |float: &f64| (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(float);
    float.as_f64().filter(in_range).is_some_and(|float| float.fract() == 0.0 && float as i64 == whole)
}

/// Returns the patch from one document to another (RFC 6902). Empty if they are equal.
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

/// Returns the patch between two states of a document. A document that does not exist is null.
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
