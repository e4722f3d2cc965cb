//! The definition of the command line for help texts and manual pages.

use clap::Command;

/// The line in the help of each subcommand in place of the list of global options.
const GLOBAL_OPTIONS: &str = "Global options: see 'esctl help'";

/// Returns a definition whose subcommands refer to the global options instead of listing them.
pub(super) fn help_definition(mut command: Command) -> Command {
    // Only a built definition has the global options in its subcommands.
    command.build();
    command.mut_subcommands(refer_to_global_options)
}

/// Returns the last lines of the help of a command, without the reference to the global options.
pub(super) fn without_reference(command: &Command) -> String {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    text.strip_prefix(GLOBAL_OPTIONS).unwrap_or(&text).trim_start().to_owned()
}

fn refer_to_global_options(command: Command) -> Command {
    let text = match command.get_after_help() {
        Some(text) => format!("{GLOBAL_OPTIONS}\n\n{text}"),
        None => GLOBAL_OPTIONS.to_owned(),
    };
    let command = command.mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
    command.after_help(text).mut_subcommands(refer_to_global_options)
}
