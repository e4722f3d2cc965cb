//! Which argument is completed with which names.

use std::ffi::OsStr;
use std::sync::Arc;

use clap::Arg;
use clap::Command;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::engine::CompletionCandidate;

use crate::cli::complete::ask::Asker;
use crate::domain;
use crate::ops::names::NameKind;

/// Where names come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The store.
    Store(NameKind),
    /// The configuration file.
    Contexts,
    /// This program.
    Reducers,
}

/// The command line with its names.
pub(super) fn with_values(command: Command, asker: &Arc<Asker>) -> Command {
    add(command, &[], asker)
}

fn add(command: Command, path: &[String], asker: &Arc<Asker>) -> Command {
    let command = command.mut_args(|arg| match source(path, &arg) {
        None => arg,
        Some(from) => {
            let asker = Arc::clone(asker);
            let complete = move |typed: &OsStr| -> Vec<CompletionCandidate> {
                let names = typed.to_str().map(|typed| asker.names(from, typed)).unwrap_or_default();
                names.into_iter().map(CompletionCandidate::new).collect()
            };
            arg.add(ArgValueCompleter::new(complete))
        }
    });
    command.mut_subcommands(|command| {
        let path = [path, &[command.get_name().to_owned()]].concat();
        add(command, &path, asker)
    })
}

/// What an argument of a command is completed with.
pub(super) fn source(path: &[String], arg: &Arg) -> Option<Source> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let positional = arg.is_positional();
    let from = match (path.as_slice(), arg.get_id().as_str()) {
        (_, "context") => Source::Contexts,
        (["context", "use" | "show" | "remove"], _) if positional => Source::Contexts,
        (["snapshot", "list" | "show" | "verify" | "delete"], "stream") => Source::Store(NameKind::StreamsWithSnapshots),
        (_, "stream" | "streams") if positional => Source::Store(NameKind::Streams),
        (_, "category" | "categories") if !positional => Source::Store(NameKind::Categories),
        (["stream", _], "types" | "event_type") => Source::Store(NameKind::Types),
        (["resource", verb], "id") if positional && *verb != "create" => Source::Store(NameKind::IdsOf("resource")),
        (["doc", verb], "id") if positional && *verb != "create" => Source::Store(NameKind::IdsOf("document")),
        (["game", verb], "id") if positional && *verb != "new" => Source::Store(NameKind::IdsOf("game")),
        (["projection", "delete"], "name") if positional => Source::Store(NameKind::OwnProjections),
        (["projection", verb], "name" | "names") if positional && *verb != "create" => Source::Store(NameKind::Projections),
        ([noun, _], "id") if positional => Source::Store(NameKind::IdsOf(category_of_application(noun)?)),
        (_, "reducer") => Source::Reducers,
        _ => return None,
    };
    Some(from)
}

/// Returns the category of a domain of the application whose commands have this name.
fn category_of_application(noun: &str) -> Option<&'static str> {
    domain::of_application().into_iter().map(|domain| domain.category).find(|category| *category == noun)
}
