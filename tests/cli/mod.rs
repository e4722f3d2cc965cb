//! The whole program as a black box: arguments and stdin in; stdout, stderr and the exit code out.

mod alike;
mod as_of;
mod bad_input;
mod bad_times;
mod clock;
mod errors;
mod examples;
mod files;
mod formats;
mod locks;
mod memory;
mod narrowing;
mod numbers;
mod outcomes;
mod processes;
mod resource;
mod restart;
mod secrets;
mod servers;
mod signals;
mod stream;
mod support;
mod system_files;
mod terminal;
mod variables;
