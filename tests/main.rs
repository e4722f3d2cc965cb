//! All tests in one program, which is linked once. Each folder is a module: `cargo test --test it cli::` runs the tests of `tests/cli`.
//!
//! `tests/architecture` is a program of its own, since it needs nothing of esctl.

mod application;
mod browse;
mod cli;
mod cli_bench;
mod cli_doc;
mod cli_jq;
mod cli_projection;
mod cli_quarantine;
mod cli_replay;
mod cli_scenario;
mod cli_selftest;
mod cli_snapshot;
mod cli_trace;
mod common;
mod completion;
mod conformance;
mod deploy;
mod docs;
mod documents;
mod domain_document;
mod domain_game;
mod domain_resource;
mod edge;
mod examples;
mod faults_mongodb;
mod faults_postgres;
mod faults_sqlite;
mod generated;
mod history;
mod layout;
mod runtime;
mod serve;
mod tamper;
mod ui;
mod upcasting;
mod upgrade;
