//! The screen in a build without the viewer in the terminal: it is never taken.

/// Returns true while the whole screen is drawn.
pub(super) fn is_taken() -> bool {
    false
}

/// Gives the screen back to the shell.
pub(crate) fn give_back() {}
