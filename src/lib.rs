//! Operate event stores, as a library: everything that the `esctl` command does.
//!
//! # Layers
//!
//! An arrow means "may use". Nothing points back up. `ARCHITECTURE.md` describes the flows.
//!
//! ```text
//! cli ─┐
//!      ├→ ops → runtime → store → event         domain → aggregate → event
//! server┘       runtime → domain                          aggregate → jq
//! ```
//!
//! - [`event`]: the envelope, names, versions, positions, canonical form, hash. No I/O.
//! - [`jq`]: programs over JSON, and the limits they run under. Pure.
//! - [`aggregate`]: decide and evolve, folds, projections, upcasters. Pure.
//! - [`domain`]: the built-in domains. No store, no clock.
//! - [`store`]: the contract of a backend, the [`store::Store`] that all layers use, and one folder for each backend.
//! - [`runtime`]: load, decide, append, retry; command bus, query bus, projection runner, snapshots.
//! - [`ops`]: one use case per file, from a typed input to a typed report.
//! - [`cli`] and [`server`]: parse, call one of these, render.
//! - [`testing`]: given, when, then for the tests of a domain.
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
//! # A state at any version
//!
//! ```
//! # use std::time::Duration;
//! use esctl::aggregate::{Fold, generic_reducer};
//! # use esctl::event::{EventType, ExpectedVersion, NewEvent, StreamName, Timestamp};
//! use esctl::runtime::{LoadOptions, load};
//! # use esctl::store::{AppendRequest, RecordTime};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let store = esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?;
//! # let stream = StreamName::parse("order-17")?;
//! # let placed = NewEvent::new(EventType::parse("order.placed")?, &serde_json::json!({"total": 250}))?;
//! # let events = vec![placed];
//! # store.append(AppendRequest { stream: stream.clone(), expected: ExpectedVersion::Any, events, time: RecordTime::StoreClock }).await?;
//! let mut state = generic_reducer("merge").ok_or("no such reducer")?;
//! let loaded = load(&store, &stream, &mut *state, LoadOptions::default()).await?;
//! assert_eq!((loaded.version.0, state.show(loaded.recorded_at)), (1, serde_json::json!({"total": 250})));
//! # Ok(())
//! # }
//! ```
//!
//! # Commands and queries
//!
//! The command bus turns commands into events: it loads, decides and appends. After a conflict it repeats this.
//!
//! ```
//! # use std::time::Duration;
//! use esctl::runtime::{CommandBus, CommandEnvelope, Query, QueryBus, SnapshotPolicy, WriteOptions, system_clock};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let store = esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?;
//! let commands = CommandBus::new(store.clone(), system_clock(), SnapshotPolicy::default());
//! let gold = serde_json::json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 5, "max_amount": 9});
//! let create = CommandEnvelope::new("resource.create", "gold", gold, WriteOptions::by("ann").keyed("sign-up-7"));
//! assert_eq!(commands.send(&create).await?.state["amount"], 5);
//!
//! let queries = QueryBus::new(store, system_clock());
//! let all = Query { name: "resources".into(), limit: 10, ..Query::default() };
//! assert_eq!(queries.ask(&all, system_clock()()).await?.rows[0].key, "gold");
//! # Ok(())
//! # }
//! ```
//!
//! # Applications
//!
//! `examples/user.rs` is an application's domain on the same core, `examples/projection.rs` a read model over many
//! streams, and `examples/reducer.rs` a reducer. [`cli::Program`] is an esctl with an application's domains
//! (`examples/own_esctl.rs`). [`testing`] tests a domain.

// A smaller build does not use everything that the full one does.
#![cfg_attr(
    not(all(
        feature = "bench",
        feature = "cli",
        feature = "jq",
        feature = "mongodb",
        feature = "postgres",
        feature = "server",
        feature = "ui"
    )),
    allow(dead_code, unused_imports, unreachable_code)
)]

pub mod aggregate;
#[cfg(feature = "cli")]
pub mod cli;
pub mod domain;
pub mod event;
pub mod jq;
pub mod ops;
pub mod runtime;
#[cfg(feature = "server")]
pub mod server;
pub mod store;
pub mod testing;
