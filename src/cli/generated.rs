//! Completions and manual pages, generated from the definition of the command line.
//!
//! The repository keeps them for packagers. `tests/generated.rs` fails when they are stale. They contain nothing of the machine
//! that generates them.

use clap::Command;
use clap::ValueEnum;
use clap_complete::Generator;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::Roff;
use clap_mangen::roff::bold;
use clap_mangen::roff::roman;

use crate::cli::examples;
use crate::cli::examples::EXAMPLES_HEADING;
use crate::cli::exit;
use crate::cli::help_definition::help_definition;
use crate::cli::help_definition::without_reference;
use crate::cli::man_synopsis::synopsis;

/// The variables of the environment and their meaning, for the manual page.
const ENVIRONMENT: [(&str, &str); 14] = [
    ("ESCTL_STORE", "The URL of the event store, as --store."),
    ("ESCTL_CONTEXT", "The name of a context, as --context."),
    ("ESCTL_CLIENT", "The client recorded with every event, as --client."),
    ("ESCTL_OUTPUT", "The output format, as --output."),
    ("ESCTL_LAYOUT", "The layout with which the store of another program is read, as --layout."),
    ("ESCTL_TIMEOUT", "The timeout for each answer, as --timeout."),
    ("ESCTL_ACCEPT_CLOCK", "1 or true: append even if the clock was refused, as --accept-clock."),
    ("ESCTL_ACCEPT_SERVER", "1 or true: accept a server that only speaks the protocol, as --accept-server."),
    ("ESCTL_CONFIG", "The configuration file, instead of the user's."),
    ("ESCTL_LOG", "Diagnostics on stderr: error, warn, info, debug, trace or off, or a part of the program as in esctl=debug."),
    ("NO_COLOR", "Not empty: no colour, as --no-color."),
    ("CLICOLOR_FORCE", "Not empty and not 0: colour also when stdout is not a terminal."),
    ("TERM", "dumb: no colour, no progress bars, plain questions, no viewer."),
    ("COMPLETE", "The shell that asks for completions. Their scripts set it for one call. Never export it."),
];

const FILES: [(&str, &str); 2] = [
    (
        "$XDG_CONFIG_HOME/esctl/config.toml",
        "The configuration file: current_context, [contexts.NAME] with store, layout, client, output and timeout, and [snapshots] with every and [snapshots.categories].",
    ),
    ("$XDG_DATA_HOME/esctl/esctl.db", "The embedded store, a SQLite file. The first write creates it."),
];

const PRECEDENCE: &str = "A flag comes before a variable, a variable before the context of the configuration file, and that before \
                          the default. A context named with --context comes before ESCTL_STORE. An empty variable counts as unset.";

/// Returns every generated file of the repository: its path and its content.
pub fn files(definition: fn() -> Command) -> Vec<(String, Vec<u8>)> {
    let completions = Shell::value_variants().iter().map(|shell| {
        let name = shell.file_name("esctl");
        (format!("completions/{name}"), completion(*shell, definition))
    });
    completions.chain(pages(definition).into_iter().map(|(name, page)| (format!("man/{name}"), page))).collect()
}

/// Returns the static completions for a shell.
pub(super) fn completion(shell: Shell, definition: fn() -> Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut definition(), "esctl", &mut bytes);
    bytes
}

/// Returns the manual page of esctl itself.
pub(super) fn main_page(definition: fn() -> Command) -> Vec<u8> {
    page_of(&help_definition(definition()))
}

/// Returns a manual page for each command: file name and text.
pub(super) fn pages(definition: fn() -> Command) -> Vec<(String, Vec<u8>)> {
    let mut pages = Vec::new();
    add_pages(&help_definition(definition()), &mut pages);
    pages
}

fn add_pages(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) {
    pages.push((format!("{}.1", page_name(command)), page_of(command)));
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        add_pages(subcommand, pages);
    }
}

fn page_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page_of(command: &Command) -> Vec<u8> {
    let name = page_name(command).to_owned();
    let is_main = name == "esctl";
    let man = Man::new(command.clone()).title(name).source(concat!("esctl ", env!("CARGO_PKG_VERSION"))).manual("esctl");
    let mut page = Vec::new();
    // Writing to memory does not fail.
    let _ = man.render_title(&mut page);
    let _ = man.render_name_section(&mut page);
    let _ = synopsis(command).to_writer(&mut page);
    let _ = man.render_description_section(&mut page);
    let _ = man.render_options_section(&mut page);
    if command.has_subcommands() {
        let _ = man.render_subcommands_section(&mut page);
    }
    if !is_main {
        let _ = notes_and_examples(command).to_writer(&mut page);
    }
    let _ = if is_main { main_sections() } else { see_also() }.to_writer(&mut page);
    with_one_prelude(&page)
}

/// Keeps the first prelude only: each part of the page begins with the same two definitions of an apostrophe.
fn with_one_prelude(page: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(page);
    let (prelude, rest): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with(".ie \\n(.g .ds Aq") || line.starts_with(".el .ds Aq"));
    let lines = prelude.into_iter().take(2).chain(rest);
    lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}

/// Returns the last lines of the help of a command as sections.
fn notes_and_examples(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let text = without_reference(command);
    let (notes, examples) = text.split_once(EXAMPLES_HEADING).unwrap_or((&text, ""));
    let notes = notes.trim();
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]);
        for line in notes.lines() {
            roff.text([roman(line)]).control("br", []);
        }
    }
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        for example in examples.lines() {
            roff.control("PP", []).text([roman(example.trim())]);
        }
    }
    roff
}

fn main_sections() -> Roff {
    let mut roff = Roff::new();
    let definitions = |roff: &mut Roff, list: &[(&str, &str)]| {
        for (name, text) in list {
            roff.control("TP", []).text([bold(*name)]).text([roman(*text)]);
        }
    };
    roff.control("SH", ["EXIT STATUS"]);
    for row in exit::TABLE {
        let again = if row.again.is_empty() { String::new() } else { format!(" Try again: {}.", row.again) };
        roff.control("TP", []).text([bold(row.code.to_string())]).text([roman(format!("{}.{again}", row.when))]);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    definitions(&mut roff, &ENVIRONMENT);
    roff.control("PP", []).text([roman(PRECEDENCE)]);
    roff.control("SH", ["FILES"]);
    definitions(&mut roff, &FILES);
    roff.control("SH", ["EXAMPLES"]);
    for example in examples::MAIN {
        roff.control("PP", []).text([roman(example)]);
    }
    roff
}

fn see_also() -> Roff {
    let mut roff = Roff::new();
    let text = "(1) has the global options, the exit codes, the environment and the files that all commands share.";
    roff.control("SH", ["SEE ALSO"]).text([bold("esctl"), roman(text)]);
    roff
}
