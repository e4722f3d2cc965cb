//! Completion for zsh: that of clap, with the quotes removed from the typed words.

use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::path::Path;

use clap::Command;
use clap_complete::env::EnvCompleter;
use clap_complete::env::Zsh as ClapZsh;

use crate::cli::complete::command_line::unquoted;

pub(super) struct Zsh;

impl EnvCompleter for Zsh {
    fn name(&self) -> &'static str {
        ClapZsh.name()
    }

    fn is(&self, name: &str) -> bool {
        ClapZsh.is(name)
    }

    fn write_registration(&self, var: &str, name: &str, bin: &str, completer: &str, buf: &mut dyn Write) -> io::Result<()> {
        ClapZsh.write_registration(var, name, bin, completer, buf)
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        let words = args.iter().map(|word| unquoted(&word.to_string_lossy()).into()).collect();
        ClapZsh.write_complete(cmd, words, current_dir, buf)
    }
}
