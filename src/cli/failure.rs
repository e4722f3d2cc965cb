//! Failures as errors of the command line: exit code, code and hint.

use crate::aggregate::DecideError;
use crate::aggregate::FoldError;
use crate::aggregate::Rejection;
use crate::cli::error::CliError;
use crate::cli::exit;
use crate::event::JsonError;
use crate::event::NameError;
use crate::jq::JqError;
use crate::ops::Failure;
use crate::ops::FailureKind;
use crate::ops::OpsError;
use crate::runtime::RuntimeError;
use crate::store::StoreError;

fn exit_code(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Usage => exit::USAGE,
        FailureKind::NotFound => exit::NOT_FOUND,
        FailureKind::Conflict => exit::CONFLICT,
        FailureKind::Rejected => exit::REJECTED,
        FailureKind::Unavailable => exit::UNAVAILABLE,
        FailureKind::NotAllowed => exit::NOT_ALLOWED,
        FailureKind::Integrity => exit::INTEGRITY,
        FailureKind::Unsupported => exit::UNSUPPORTED,
        FailureKind::OutcomeUnknown => exit::OUTCOME_UNKNOWN,
        FailureKind::Bug => exit::BUG,
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        let Failure { kind, code, message, causes, hint, operator_hint, details } = failure;
        let made = Self::new(exit_code(kind), code, message);
        Self { causes, hint: operator_hint.or(hint), details: Box::new(details), ..made }
    }
}

macro_rules! failures {
    ($($error:ty)+) => {
        $(impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Failure::from(error).into()
            }
        })+
    };
}

failures! { StoreError Rejection DecideError &FoldError &JqError RuntimeError OpsError NameError JsonError }
