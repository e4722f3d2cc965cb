//! `esctl scenario` as people and continuous integration meet it: the whole program.

mod bad_files;
mod expectations;
mod interrupted;
mod reports;
mod runs;
mod support;
