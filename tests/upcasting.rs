//! Events of older schema versions are read as today's; what cannot be read is named. The domain is the test's own.

use esctl::aggregate::Aggregate;
use esctl::aggregate::AggregateFold;
use esctl::aggregate::DomainEvent;
use esctl::aggregate::Fold;
use esctl::aggregate::FoldError;
use esctl::aggregate::Rejection;
use esctl::aggregate::Upcaster;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::testing::Recorded;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

/// Version 1 had `cents`, 2 `amount` and `currency`, 3 also a `payer`.
#[derive(Serialize, Deserialize)]
struct Received {
    amount: String,
    currency: String,
    payer: Option<String>,
}

/// `refunded` has come to version 2 without a way from 1.
#[derive(Serialize, Deserialize)]
struct Refunded {}

#[derive(Serialize)]
#[serde(untagged)]
enum PaymentEvent {
    Received(Received),
    Refunded(Refunded),
}

const UPCASTERS: &[Upcaster] = &[
    Upcaster {
        event_type: "payment.received",
        from: 2,
        step: |mut data| {
            data["payer"] = Value::Null;
            data
        },
    },
    Upcaster {
        event_type: "payment.received",
        from: 1,
        step: |data| {
            let cents = data["cents"].as_u64().unwrap_or(0);
            json!({"amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR"})
        },
    },
];

impl DomainEvent for PaymentEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Received(_) => "payment.received",
            Self::Refunded(_) => "payment.refunded",
        }
    }

    fn schema_version(event_type: &str) -> u32 {
        match event_type {
            "payment.received" => 3,
            "payment.refunded" => 2,
            _ => 1,
        }
    }

    fn upcasters() -> &'static [Upcaster] {
        UPCASTERS
    }

    fn from_data(event_type: &str, data: &str) -> Option<Result<Self, serde_json::Error>> {
        Some(match event_type {
            "payment.received" => serde_json::from_str(data).map(Self::Received),
            "payment.refunded" => serde_json::from_str(data).map(Self::Refunded),
            _ => return None,
        })
    }
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Payment {
    received: Vec<String>,
}

impl Aggregate for Payment {
    const CATEGORY: &'static str = "payment";
    type Event = PaymentEvent;
    type Command = ();
    type Rejection = Rejection;

    fn evolve(&mut self, event: &PaymentEvent, _at: Timestamp) {
        if let PaymentEvent::Received(Received { amount, currency, payer }) = event {
            self.received.push(format!("{amount} {currency} from {}", payer.as_deref().unwrap_or("?")));
        }
    }

    fn decide(&self, _id: &str, _command: &(), _now: Timestamp) -> Result<Vec<PaymentEvent>, Rejection> {
        Ok(Vec::new())
    }

    fn show(&self, _id: &str, _version: u64, _at: Timestamp) -> Value {
        json!(self.received)
    }
}

fn apply(fold: &mut AggregateFold<Payment>, event_type: &str, schema_version: u32, data: &str) -> Result<(), FoldError> {
    Recorded { schema_version, ..Recorded::new(event_type, data, Timestamp::MIN) }.apply_to(fold)
}

#[test]
fn events_of_every_schema_version_are_read_as_todays() {
    let mut fold = AggregateFold::<Payment>::new("payment-1");
    apply(&mut fold, "payment.received", 1, r#"{"cents":1050}"#).unwrap();
    apply(&mut fold, "payment.received", 2, r#"{"amount":"7","currency":"CHF"}"#).unwrap();
    apply(&mut fold, "payment.received", 3, r#"{"amount":"8","currency":"USD","payer":"ann"}"#).unwrap();
    let shown = fold.show(Timestamp::MIN);
    assert_eq!(shown, json!(["10.50 EUR from ?", "7 CHF from ?", "8 USD from ann"]));
    assert_eq!(fold.save().unwrap(), format!(r#"{{"id":"1","version":3,"received":{shown}}}"#));
}

#[test]
fn what_cannot_be_read_is_named_and_changes_nothing() {
    let mut fold = AggregateFold::<Payment>::new("payment-1");
    let newer = apply(&mut fold, "payment.received", 4, "{}").unwrap_err();
    assert_eq!(newer.to_string(), "a payment.received event has schema version 4; this program supports up to 3");
    assert!(matches!(newer, FoldError::NewerSchema { schema_version: 4, known: 3, .. }));
    let missing = apply(&mut fold, "payment.refunded", 1, "{}").unwrap_err();
    assert_eq!(missing.to_string(), "no upcaster for payment.refunded events of schema version 1");
    assert!(matches!(missing, FoldError::NoUpcaster { from: 1, .. }));
    let broken = apply(&mut fold, "payment.received", 1, "{").unwrap_err();
    assert!(matches!(broken, FoldError::Data { .. }));
    assert_eq!(fold.stream_version(), Version::ZERO);
}

#[test]
fn an_event_of_a_type_that_is_not_known_changes_nothing_whatever_its_schema_version() {
    let mut fold = AggregateFold::<Payment>::new("payment-1");
    apply(&mut fold, "payment.received", 2, r#"{"amount":"7","currency":"CHF"}"#).unwrap();
    for schema_version in [1, 2, 7] {
        apply(&mut fold, "payment.disputed", schema_version, r#"{"by":"ann"}"#).unwrap();
    }
    assert_eq!((fold.stream_version(), fold.show(Timestamp::MIN)), (Version(4), json!(["7 CHF from ?"])));
}
