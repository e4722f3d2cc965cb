//! The exit codes: constants for the code, and a table for the man page and `esctl help exit-codes`.

use crate::ops::FailureKind;

/// Done; also a repeated command that was applied before.
pub const DONE: u8 = 0;
/// A check failed.
pub const CHECK_FAILED: u8 = 1;
/// Wrong usage.
pub const USAGE: u8 = 2;
/// Something does not exist.
pub const NOT_FOUND: u8 = 3;
/// The stream was modified concurrently, or an id was used before with other content.
pub const CONFLICT: u8 = 4;
/// A rule of the domain rejected the command.
pub const REJECTED: u8 = 5;
/// The store or stdout is unavailable.
pub const UNAVAILABLE: u8 = 6;
/// A password, a permission or TLS is wrong.
pub const NOT_ALLOWED: u8 = 7;
/// Stored data contradict each other.
pub const INTEGRITY: u8 = 8;
/// This esctl does not support what it was given.
pub const UNSUPPORTED: u8 = 9;
/// The write may or may not have been applied.
pub const OUTCOME_UNKNOWN: u8 = 10;
/// A batch was applied in part.
pub const PARTIAL: u8 = 11;
/// A bug in esctl, a panic included.
pub const BUG: u8 = 70;
/// Ctrl-C.
pub const INTERRUPTED: u8 = 130;
/// SIGTERM.
pub const TERMINATED: u8 = 143;

/// One exit code, with its explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitRow {
    /// The code.
    pub code: u8,
    /// Its name, which is also the `code` of an error that has no narrower one.
    pub name: &'static str,
    /// The situations in which the program ends with it.
    pub when: &'static str,
    /// The answer to "try again?"; empty if there is none.
    pub again: &'static str,
}

const fn row(code: u8, name: &'static str, when: &'static str, again: &'static str) -> ExitRow {
    ExitRow { code, name, when, again }
}

/// Every exit code, in ascending order.
pub const TABLE: [ExitRow; 15] = [
    row(DONE, "done", "done; also a repeated command that was applied before", ""),
    row(CHECK_FAILED, "no", "check failed: a scenario failed, a verification found a difference, a check found a problem", ""),
    row(
        USAGE,
        "usage",
        "wrong usage: unknown flag, bad number, bad time, malformed JSON, confirmation needed without a terminal",
        "no",
    ),
    row(NOT_FOUND, "not_found", "not found: store, stream, version, resource, document, snapshot, projection, context", "no"),
    row(
        CONFLICT,
        "conflict",
        "conflict: the expected version did not match, retries ran out, an id was used before with other content",
        "reload first",
    ),
    row(REJECTED, "rejected", "rejected by a domain rule: locked, insufficient, exists, not your turn", "no"),
    row(
        UNAVAILABLE,
        "unavailable",
        "unavailable, and nothing was written: cannot connect, timeout, busy, disk full; stdout cannot be written by a command \
         that only reads",
        "yes",
    ),
    row(NOT_ALLOWED, "not_allowed", "not allowed: password, permission, TLS", "no"),
    row(
        INTEGRITY,
        "integrity",
        "integrity: a hash chain, a gap in positions, a damaged file, a snapshot or checkpoint that is not of this store",
        "no",
    ),
    row(
        UNSUPPORTED,
        "unsupported",
        "unsupported: a store of a newer esctl, a database of another program, a server, pooler or encoding that keeps no store, \
         a broken configuration file, a clock that contradicts the server or the last event",
        "no",
    ),
    row(
        OUTCOME_UNKNOWN,
        "outcome_unknown",
        "outcome unknown to the caller: the connection broke after the write was sent and could not be asked again, or the \
         write was applied and its answer could not be printed; the exact command to repeat safely is printed, and is in \
         details.repeat",
        "yes, with the printed command",
    ),
    row(PARTIAL, "partial", "a batch was applied in part; the output names the part", "see output"),
    row(BUG, "bug", "a bug in esctl (a panic included), with how to report it", ""),
    row(INTERRUPTED, "interrupted", "interrupted (Ctrl-C); details.outcome says what became of an append in flight", ""),
    row(TERMINATED, "terminated", "terminated (SIGTERM); likewise", ""),
];

/// Returns the exit code for a kind of failure.
pub fn code(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::CheckFailed => CHECK_FAILED,
        FailureKind::Usage => USAGE,
        FailureKind::NotFound => NOT_FOUND,
        FailureKind::Conflict => CONFLICT,
        FailureKind::Rejected => REJECTED,
        FailureKind::Unavailable => UNAVAILABLE,
        FailureKind::NotAllowed => NOT_ALLOWED,
        FailureKind::Integrity => INTEGRITY,
        FailureKind::Unsupported => UNSUPPORTED,
        FailureKind::OutcomeUnknown => OUTCOME_UNKNOWN,
        FailureKind::Partial => PARTIAL,
        FailureKind::Bug => BUG,
        FailureKind::Interrupted => INTERRUPTED,
        FailureKind::Terminated => TERMINATED,
        // The reader of stdout may stop at any time.
        FailureKind::ReaderGone => DONE,
    }
}

#[cfg(test)]
mod tests {
    use super::TABLE;
    use super::code;
    use crate::ops::FailureKind;

    #[test]
    fn codes_and_names_are_unique_and_ascend() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].code < pair[1].code);
            assert_ne!(pair[0].name, pair[1].name);
        }
    }

    #[test]
    fn a_kind_has_the_name_of_its_exit_code() {
        let kinds = [
            FailureKind::CheckFailed,
            FailureKind::Usage,
            FailureKind::NotFound,
            FailureKind::Conflict,
            FailureKind::Rejected,
            FailureKind::Unavailable,
            FailureKind::NotAllowed,
            FailureKind::Integrity,
            FailureKind::Unsupported,
            FailureKind::OutcomeUnknown,
            FailureKind::Partial,
            FailureKind::Bug,
            FailureKind::Interrupted,
            FailureKind::Terminated,
        ];
        let rows = TABLE.iter().skip(1).map(|row| (row.code, row.name));
        assert_eq!(kinds.map(|kind| (code(kind), kind.name())).to_vec(), rows.collect::<Vec<_>>());
    }
}
