//! Operate event stores, as a library: everything that the `esctl` command does.
//!
//! # The map
//!
//! An arrow is "may use"; nothing points back up. `ARCHITECTURE.md` has the flows.
//!
//! ```text
//! cli → ops → runtime → store → event          domain → aggregate → event
//!             runtime → domain                           aggregate → jq
//! ```
//!
//! - [`event`]: the envelope, names, versions, positions, canonical form, hash. No I/O.
//! - [`jq`]: programs over JSON, and the limits they run under. Pure.
//! - [`aggregate`]: decide and evolve, folds, projections, upcasters. Pure.
//! - [`domain`]: the domains esctl knows. No store, no clock.
//! - [`store`]: the contract of a backend, the [`store::Store`] everyone uses, one folder a backend.
//! - [`runtime`]: load, decide, append, retry; command bus, query bus, projection runner, snapshots.
//! - [`ops`]: one use case a file, typed input → typed report.
//! - [`cli`]: parses, calls one of these, renders.
//!
//! # Appending and reading
//!
//! ```
//! use std::time::Duration;
//!
//! use esctl::event::{EventType, ExpectedVersion, NewEvent, StreamName};
//! use esctl::store::{AppendRequest, ReadQuery, RecordTime};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?;
//! let stream = StreamName::parse("order-17")?;
//! let placed = NewEvent::new(EventType::parse("order.placed")?, &serde_json::json!({"total": 250}))?;
//! let appended = store
//!     .append(AppendRequest {
//!         stream: stream.clone(),
//!         expected: ExpectedVersion::NoStream,
//!         events: vec![placed],
//!         time: RecordTime::StoreClock,
//!     })
//!     .await?;
//! assert_eq!(appended.events[0].position.0, 1);
//!
//! let mut scan = store.scan(ReadQuery::stream(stream));
//! while let Some(chunk) = scan.next().await? {
//!     for event in chunk.iter() {
//!         assert_eq!((event.version.0, event.data), (1, r#"{"total":250}"#));
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `examples/user.rs` is a whole domain of one's own, with its read model, on the same core.

pub mod aggregate;
pub mod cli;
pub mod domain;
pub mod event;
pub mod jq;
pub mod ops;
pub mod runtime;
pub mod store;
