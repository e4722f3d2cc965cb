//! Errors of the layers below as errors of the command line.

use crate::aggregate::DecideError;
use crate::aggregate::FoldError;
use crate::aggregate::Rejection;
use crate::cli::error::CliError;
use crate::event::JsonError;
use crate::event::NameError;
use crate::jq::JqError;
use crate::ops::Failure;
use crate::ops::OpsError;
use crate::runtime::RuntimeError;
use crate::store::StoreError;

impl From<Failure> for CliError {
    fn from(mut failure: Failure) -> Self {
        failure.hint = failure.operator_hint.take().or(failure.hint);
        Self::of(failure.into())
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
