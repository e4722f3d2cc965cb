//! The rejections of a resource: a stable code, a message with the values, and the values.

use jiff::SignedDuration;
use jiff::fmt::friendly::Direction;
use jiff::fmt::friendly::SpanPrinter;
use serde_json::Value;

use crate::aggregate::Rejection;
use crate::event::Timestamp;

/// The reason why a command is rejected.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the fields are the values in the message of each variant")]
pub enum ResourceRejection {
    /// `resource_exists`
    Exists { id: String },
    /// `resource_not_found`
    NotFound { id: String },
    /// `resource_locked`
    Locked { id: String, reason: Option<String>, expiry: Timestamp },
    /// `insufficient_amount`
    Insufficient { id: String, requested: i64, available: i64 },
    /// `resource_not_locked`
    NotLocked { id: String },
    /// `invalid_amount`: below the minimum of the field
    AmountTooSmall { id: String, field: &'static str, value: i64, least: i64 },
    /// `invalid_amount`: the initial amount is above the maximum
    AmountAboveMax { id: String, amount: i64, max: i64 },
    /// `blank_text`: an owner or type without a visible character
    Blank { id: String, field: &'static str },
    /// `invalid_regeneration_rate`
    InvalidRegenerationRate { id: String, rate: f64 },
    /// `invalid_duration`
    InvalidDuration { id: String, duration: SignedDuration },
}

impl From<ResourceRejection> for Rejection {
    fn from(rejection: ResourceRejection) -> Self {
        use ResourceRejection as R;
        match rejection {
            R::Exists { id } => Self::new("resource_exists", format!("resource {id} exists already")).with("id", id),
            R::NotFound { id } => Self::new("resource_not_found", format!("there is no resource {id}")).with("id", id),
            R::Locked { id, reason, expiry } => locked(id, reason, expiry),
            R::Insufficient { id, requested, available } => {
                let message = format!("resource {id} has {available}, requested {requested}");
                Self::new("insufficient_amount", message).with("id", id).with("requested", requested).with("available", available)
            }
            R::NotLocked { id } => Self::new("resource_not_locked", format!("resource {id} is not locked")).with("id", id),
            R::AmountTooSmall { id, field, value, least } => {
                let message = format!("{field} is {value} for resource {id}; it must be {least} or more");
                Self::new("invalid_amount", message).with("id", id).with("field", field).with("value", value).with("least", least)
            }
            R::AmountAboveMax { id, amount, max } => {
                let message = format!("initial_amount is {amount} for resource {id}; it must not be above max_amount, {max}");
                let rejection = Self::new("invalid_amount", message).with("id", id).with("field", "initial_amount");
                rejection.with("value", amount).with("max_amount", max)
            }
            R::Blank { id, field } => {
                let message = format!("{field} is empty for resource {id}");
                Self::new("blank_text", message).with("id", id).with("field", field)
            }
            R::InvalidRegenerationRate { id, rate } => {
                let message = format!("regeneration_rate is {rate} for resource {id}; it must be a number of 0 or more");
                Self::new("invalid_regeneration_rate", message).with("id", id).with("value", rate)
            }
            R::InvalidDuration { id, duration } => {
                let duration = SpanPrinter::new().direction(Direction::Sign).duration_to_string(&duration);
                let message = format!("resource {id} cannot be locked for {duration}; the time must be 1µs or more");
                Self::new("invalid_duration", message).with("id", id).with("duration", duration)
            }
        }
    }
}

fn locked(id: String, reason: Option<String>, expiry: Timestamp) -> Rejection {
    let why = reason.as_deref().filter(|reason| !reason.is_empty()).map_or_else(String::new, |reason| format!(": {reason}"));
    let message = format!("resource {id} is locked until {expiry}{why}");
    let rejection = Rejection::new("resource_locked", message).with("id", id);
    rejection.with("reason", reason.map_or(Value::Null, Value::String)).with("expiry", expiry.to_string())
}
