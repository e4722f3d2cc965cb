//! The table of arguments and the names that complete them.

use std::ffi::OsStr;
use std::sync::Arc;

use clap::Arg;
use clap::Command;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::engine::CompletionCandidate;

use crate::cli::complete::name_lookup::NameLookup;
use crate::cli::complete::name_lookup::NameSource;
use crate::domain;
use crate::ops::names::NameKind;

/// Adds the completion of names to the arguments of a command line.
pub(super) fn with_values(command: Command, lookup: &Arc<NameLookup>) -> Command {
    add(command, &[], lookup)
}

fn add(command: Command, path: &[String], lookup: &Arc<NameLookup>) -> Command {
    let command = command.mut_args(|arg| match source(path, &arg) {
        None => arg,
        Some(from) => {
            let lookup = Arc::clone(lookup);
            let complete = move |typed: &OsStr| -> Vec<CompletionCandidate> {
                let names = typed.to_str().map(|typed| lookup.names(from, typed)).unwrap_or_default();
                names.into_iter().map(CompletionCandidate::new).collect()
            };
            arg.add(ArgValueCompleter::new(complete))
        }
    });
    command.mut_subcommands(|command| {
        let path = [path, &[command.get_name().to_owned()]].concat();
        add(command, &path, lookup)
    })
}

/// Returns the source of names for an argument of a command.
pub(super) fn source(path: &[String], arg: &Arg) -> Option<NameSource> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let positional = arg.is_positional();
    let from = match (path.as_slice(), arg.get_id().as_str()) {
        (_, "context") => NameSource::Contexts,
        (["context", "use" | "show" | "remove"], _) if positional => NameSource::Contexts,
        (["snapshot", "list" | "show" | "verify" | "delete"], "stream") => NameSource::Store(NameKind::StreamsWithSnapshots),
        (_, "stream" | "streams") if positional => NameSource::Store(NameKind::Streams),
        (_, "category" | "categories") if !positional => NameSource::Store(NameKind::Categories),
        (["stream", _], "types" | "event_type") => NameSource::Store(NameKind::Types),
        (["resource", verb], "id") if positional && *verb != "create" => NameSource::Store(NameKind::IdsOf("resource")),
        (["doc", verb], "id") if positional && *verb != "create" => NameSource::Store(NameKind::IdsOf("document")),
        (["game", verb], "id") if positional && *verb != "new" => NameSource::Store(NameKind::IdsOf("game")),
        (["projection", "errors"], "retry" | "skip") => NameSource::Store(NameKind::FailedEvents),
        (["quarantine", "release"], _) if positional => NameSource::Store(NameKind::QuarantinedEvents),
        (["projection", "delete"], "name") if positional => NameSource::Store(NameKind::OwnProjections),
        (["projection", verb], "name" | "names") if positional && *verb != "create" => NameSource::Store(NameKind::Projections),
        ([noun, _], "id") if positional => NameSource::Store(NameKind::IdsOf(category_of_application(noun)?)),
        (_, "reducer") => NameSource::Reducers,
        _ => return None,
    };
    Some(from)
}

/// Returns the category of the application's domain whose commands have this name.
fn category_of_application(noun: &str) -> Option<&'static str> {
    domain::of_application().into_iter().map(|domain| domain.category).find(|category| *category == noun)
}
