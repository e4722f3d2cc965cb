//! The screen in a build without the viewer in the terminal. It is never taken over.

/// Returns true while the terminal is taken over.
pub(super) fn is_taken() -> bool {
    false
}

/// Does nothing: the terminal is never taken over.
pub(crate) fn give_back() {}
