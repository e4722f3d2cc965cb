//! The synopsis of a manual page: every option with its value.

use clap::Arg;
use clap::ArgAction;
use clap::Command;
use clap_mangen::roff::Inline;
use clap_mangen::roff::Roff;
use clap_mangen::roff::bold;
use clap_mangen::roff::italic;
use clap_mangen::roff::roman;

/// Returns the section with the synopsis of a command.
pub(super) fn synopsis(command: &Command) -> Roff {
    let visible = |arg: &&Arg| !arg.is_hide_set();
    let groups: Vec<Vec<&Arg>> = command
        .get_groups()
        .filter(|group| group.is_required_set())
        .map(|group| group.get_args().filter_map(|id| command.get_arguments().find(|arg| arg.get_id() == id)).collect())
        .collect();
    let grouped = |arg: &&Arg| groups.iter().flatten().any(|other| other.get_id() == arg.get_id());
    let mut line = vec![bold(command.get_bin_name().unwrap_or_else(|| command.get_name()))];
    let (positional, options): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().filter(visible).filter(|arg| !grouped(arg)).partition(|arg| arg.is_positional());
    let (required, optional): (Vec<&Arg>, Vec<&Arg>) = options.into_iter().partition(|arg| arg.is_required_set());
    for arg in required.into_iter().chain(optional) {
        add(&mut line, arg);
    }
    for group in &groups {
        line.push(roman(" <"));
        for (index, arg) in group.iter().enumerate() {
            line.push(roman(if index > 0 { "|" } else { "" }));
            line.extend(words(arg));
        }
        line.push(roman(">"));
    }
    for arg in positional {
        add(&mut line, arg);
    }
    if command.has_subcommands() {
        line.extend([roman(" "), italic("COMMAND")]);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).text(line);
    roff
}

fn add(line: &mut Vec<Inline>, arg: &Arg) {
    let (before, after) = if arg.is_required_set() { (" ", "") } else { (" [", "]") };
    line.push(roman(before));
    line.extend(words(arg));
    line.push(roman(after));
    if matches!(arg.get_action(), ArgAction::Append | ArgAction::Count) {
        line.push(roman("..."));
    }
}

/// Returns the names of an argument and of its value.
fn words(arg: &Arg) -> Vec<Inline> {
    let value = arg.get_value_names().filter(|_| arg.get_action().takes_values()).map(|names| names.join(" "));
    if arg.is_positional() {
        return vec![italic(value.unwrap_or_else(|| arg.get_id().to_string()))];
    }
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let mut words = Vec::new();
    for name in short.into_iter().chain(long) {
        if !words.is_empty() {
            words.push(roman("|"));
        }
        words.push(bold(name));
    }
    if let Some(value) = value {
        words.extend([roman(" "), italic(value)]);
    }
    words
}
