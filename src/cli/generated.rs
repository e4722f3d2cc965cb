//! Completions and manual pages, generated from the definition of the command line.
//!
//! The repository keeps them for packagers; `tests/generated.rs` fails when they are stale. Nothing of the
//! machine that generates them may get into them.

use clap::Command;
use clap::ValueEnum;
use clap_complete::Generator;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::Roff;
use clap_mangen::roff::bold;
use clap_mangen::roff::roman;

use crate::cli::args;
use crate::cli::exit;

/// What the environment and the files mean, for the manual page: name and text.
const ENVIRONMENT: [(&str, &str); 13] = [
    ("ESCTL_STORE", "The URL of the event store, as --store."),
    ("ESCTL_CONTEXT", "The name of a context, as --context."),
    ("ESCTL_CLIENT", "Who is asking, as --client."),
    ("ESCTL_OUTPUT", "The form of the results, as --output."),
    ("ESCTL_TIMEOUT", "How long any one answer may take, as --timeout."),
    ("ESCTL_ACCEPT_CLOCK", "1 or true: append although the clock was refused, as --accept-clock."),
    ("ESCTL_ACCEPT_SERVER", "1 or true: use a server that only speaks the protocol, as --accept-server."),
    ("ESCTL_CONFIG", "The configuration file, in the place of the user's."),
    ("ESCTL_LOG", "Diagnostics on stderr: error, warn, info, debug, trace or off, or a part of the program as in esctl=debug."),
    ("NO_COLOR", "Not empty: no colour, as --no-color."),
    ("CLICOLOR_FORCE", "Not empty and not 0: colour also when stdout is no terminal."),
    ("TERM", "dumb: no colour, no progress bars, plain questions, no viewer."),
    ("COMPLETE", "The shell that asks for completions. Their scripts set it for one call; it is never to be exported."),
];

const FILES: [(&str, &str); 2] = [
    (
        "$XDG_CONFIG_HOME/esctl/config.toml",
        "The configuration file: current_context, [contexts.NAME] with store, client, output and timeout, and [snapshots] with every and [snapshots.categories].",
    ),
    ("$XDG_DATA_HOME/esctl/esctl.db", "The embedded store, a SQLite file. It is made on the first write."),
];

const PRECEDENCE: &str = "A flag comes before a variable, a variable before the context of the configuration file, and that before \
                          the default. A context named with --context comes before ESCTL_STORE. An empty variable counts as unset.";

/// Every generated file of the repository: its path and what it holds.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let completions = Shell::value_variants().iter().map(|shell| {
        let name = shell.file_name("esctl");
        (format!("completions/{name}"), completion(*shell))
    });
    completions.chain(pages().into_iter().map(|(name, page)| (format!("man/{name}"), page))).collect()
}

/// The completions for a shell.
pub(super) fn completion(shell: Shell) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "esctl", &mut bytes);
    bytes
}

/// The manual page of esctl itself.
pub(super) fn main_page() -> Vec<u8> {
    let mut command = args::command();
    command.build();
    page_of(&command)
}

/// A manual page for each command: file name and text.
pub(super) fn pages() -> Vec<(String, Vec<u8>)> {
    let mut command = args::command();
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, &mut pages);
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
    let _ = man.render_synopsis_section(&mut page);
    let _ = man.render_description_section(&mut page);
    let _ = man.render_options_section(&mut page);
    if command.has_subcommands() {
        let _ = man.render_subcommands_section(&mut page);
    }
    if !is_main && command.get_after_help().is_some() {
        let _ = man.render_extra_section(&mut page);
    }
    let _ = if is_main { main_sections() } else { see_also() }.to_writer(&mut page);
    with_one_prelude(&page)
}

/// Each part begins with the same two definitions of an apostrophe; once is enough.
fn with_one_prelude(page: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(page).replace(".SH EXTRA", ".SH NOTES");
    let (prelude, rest): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with(".ie \\n(.g .ds Aq") || line.starts_with(".el .ds Aq"));
    let lines = prelude.into_iter().take(2).chain(rest);
    lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
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
    for example in args::EXAMPLES {
        roff.control("PP", []).text([roman(example)]);
    }
    roff
}

fn see_also() -> Roff {
    let mut roff = Roff::new();
    let text = "(1) has the exit codes, the environment and the files that all commands share.";
    roff.control("SH", ["SEE ALSO"]).text([bold("esctl"), roman(text)]);
    roff
}
