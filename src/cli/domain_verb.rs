//! The commands of an application's own domains, `esctl CATEGORY VERB`. Their names come from the domains.

use clap::ArgMatches;
use clap::Args;
use clap::Command;
use clap::FromArgMatches;
use serde_json::Map;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::arg_values::json_object;
use crate::cli::as_of::AsOfArgs;
use crate::cli::as_of::TIME_HELP;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::write;
use crate::cli::write::WriteArgs;
use crate::cli::write_record::Effect;
use crate::domain;
use crate::domain::Domain;
use crate::event::StreamName;
use crate::ops::Reducer;
use crate::ops::replay::Replay;
use crate::ops::replay::replay;

/// The verb that shows a state. Every domain has it.
const SHOW: &str = "show";

/// A verb of a domain, with its arguments.
#[derive(Debug)]
pub enum DomainVerb {
    /// A command to send.
    Send(&'static str, DomainSendArgs),
    /// A state to show.
    Show(&'static str, DomainShowArgs),
}

/// The arguments of every command of a domain.
#[derive(Debug, Args)]
pub struct DomainSendArgs {
    /// Part of the stream's name after the category
    // A source of names is added to it later, which would move it behind the fields.
    #[arg(index = 1)]
    id: String,
    /// Field of the command; the value is JSON, or else text
    #[arg(index = 2, value_name = "FIELD=VALUE", value_parser = field)]
    fields: Vec<(String, Value)>,
    /// Payload of the command, a JSON object; fields are added to it
    #[arg(long, value_name = "JSON", value_parser = payload)]
    data: Option<Value>,
    #[command(flatten)]
    write: WriteArgs,
}

/// The arguments of `show`.
#[derive(Debug, Args)]
pub struct DomainShowArgs {
    /// Part of the stream's name after the category
    id: String,
    #[command(flatten)]
    as_of: AsOfArgs,
}

/// Parses a field and its value, for clap.
fn field(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => {
            Ok((field.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| Value::from(value))))
        }
        _ => Err("expected FIELD=VALUE, for instance amount=5".into()),
    }
}

/// Parses the payload of a command, for clap.
fn payload(text: &str) -> Result<Value, String> {
    json_object(text).map(Value::Object)
}

/// Returns the verb of a command; none for a name that cannot be one.
pub(super) fn verb_of(domain: &Domain, command: &'static str) -> Option<&'static str> {
    let verb = command.strip_prefix(domain.category)?.strip_prefix('.')?;
    let is_word = verb.starts_with(|c: char| c.is_ascii_alphabetic())
        && verb.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    (is_word && verb != SHOW && verb != "help").then_some(verb)
}

/// Returns the commands of the domains of the application.
pub(super) fn commands() -> impl Iterator<Item = Command> {
    domain::of_application().into_iter().map(|domain| {
        let with_ids = |command: Command| command.mut_arg("id", |id| id.add(NameSource::ids_of(domain.category)));
        let verbs = domain.commands.iter().filter_map(|name| {
            let verb = DomainSendArgs::augment_args(Command::new(verb_of(&domain, name)?));
            Some(with_ids(verb).about(format!("Send the command {name}")))
        });
        let show = with_ids(DomainShowArgs::augment_args(Command::new(SHOW)))
            .about(format!("Show the state of a {} stream", domain.category))
            .after_help(TIME_HELP);
        Command::new(domain.category)
            .about(format!("Send commands to the domain {}, and show its states", domain.category))
            .subcommand_required(true)
            .arg_required_else_help(true)
            .disable_help_subcommand(true)
            .subcommands(verbs)
            .subcommand(show)
    })
}

impl DomainVerb {
    /// Returns the verb that was typed; none if the command is not one of the application's domains.
    pub(super) fn typed(matches: &ArgMatches) -> Result<Option<Self>, clap::Error> {
        let Some((noun, matches)) = matches.subcommand() else { return Ok(None) };
        let Some(domain) = domain::of_application().into_iter().find(|domain| domain.category == noun) else { return Ok(None) };
        let Some((verb, matches)) = matches.subcommand() else { return Ok(None) };
        match domain.commands.iter().find(|name| verb_of(&domain, name) == Some(verb)) {
            Some(name) => Ok(Some(Self::Send(name, DomainSendArgs::from_arg_matches(matches)?))),
            None => Ok(Some(Self::Show(domain.category, DomainShowArgs::from_arg_matches(matches)?))),
        }
    }

    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Send(..) => Effect::Appends,
            Self::Show(..) => Effect::Reads,
        }
    }

    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Send(command, args) => args.run(app, command).await,
            Self::Show(category, args) => args.run(app, category).await,
        }
    }
}

impl DomainSendArgs {
    async fn run(self, app: &App, command: &str) -> Result<(), CliError> {
        let mut payload = match self.data {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        payload.extend(self.fields);
        write::send(app, &self.write, command, &self.id, Value::Object(payload)).await
    }
}

impl DomainShowArgs {
    async fn run(self, app: &App, category: &str) -> Result<(), CliError> {
        let store = app.store()?;
        let until = self.as_of.until(app, &store).await?;
        let stream = StreamName::of(category, &self.id)?;
        let input = Replay { stream, until, diff: None, reducer: Reducer::Own, snapshots: true, now: app.now() };
        let report = replay(&store, &input).await?;
        app.warn_left_out(&report.left_out);
        app.out.one(&report.state, |sheet| draw(&report.state, sheet))
    }
}

fn draw(state: &Value, sheet: &mut Sheet) {
    for (name, value) in state.as_object().into_iter().flatten() {
        sheet.field(name, Cell::json(value));
    }
}
