//! The command line: arguments, output and exit codes.
//!
//! It only parses and prints. The layers below do the work.

pub mod app;
mod arg_values;
pub mod args;
mod as_of;
mod await_writes;
#[cfg(feature = "bench")]
mod bench;
#[cfg(not(feature = "bench"))]
#[path = "absent/bench.rs"]
mod bench;
mod bisect;
mod caveats;
mod changes;
mod check;
mod checkpoint;
mod commands;
mod complete;
mod completions;
pub mod config;
mod context;
mod copy;
mod copy_interruption;
mod demo;
mod digest;
mod doc;
mod domain_verb;
mod draw_write;
mod end;
pub mod error;
mod examples;
pub mod exit;
pub mod failure;
mod file_mode;
mod follow_wait;
mod future_events;
mod game;
mod game_words;
pub mod generated;
mod globals;
mod help;
mod help_definition;
mod init;
pub mod input;
mod jq;
mod layout;
mod layout_choice;
mod layout_hint;
mod layout_tables;
mod man;
mod man_synopsis;
mod name_source;
pub mod ndjson_reader;
mod open_file_limit;
pub mod output;
mod pages;
mod panic;
mod patch_text;
mod program;
mod projection;
mod quarantine;
mod read_layout;
mod reducer_arg;
mod refuse_with_layout;
mod repeat;
mod replace_file;
mod replay;
mod resource;
mod run;
mod same_store;
mod scenario;
mod scratch_area;
mod selection;
mod selftest;
#[cfg(feature = "server")]
mod serve;
#[cfg(not(feature = "server"))]
#[path = "absent/serve.rs"]
mod serve;
mod shell_quoting;
mod shutdown_hold;
mod signals;
mod snapshot;
mod stats;
mod stream;
mod trace;
#[cfg(feature = "ui")]
mod ui;
#[cfg(not(feature = "ui"))]
#[path = "absent/ui.rs"]
mod ui;
mod usage;
mod verify;
mod verify_layout;
pub mod when;
mod write;
mod write_record;

pub use app::App;
pub use error::CliError;
pub use error::nearest;
pub use output::Output;
pub use program::Program;
pub use program::main;
