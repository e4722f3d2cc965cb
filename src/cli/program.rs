//! The program of an application: esctl with domains and projections of its own.

use std::cell::LazyCell;
use std::ffi::OsString;
use std::sync::Arc;

use crate::aggregate::Projection;
use crate::cli::args;
use crate::cli::domain_verb;
use crate::cli::end::end;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::run::run_command_line;
use crate::cli::usage;
use crate::domain;
use crate::domain::Domain;
use crate::domain::Installed;
use crate::event::StreamName;
use crate::runtime::is_built_in;
use crate::store::ReadModel;

/// Runs the command line and returns the exit code. Results and errors have been printed.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    Program::new().run(arguments)
}

/// An esctl with an application's own domains and projections.
///
/// All commands know them: replay uses their folds, `snapshot verify` checks their snapshots, `projection` runs and rebuilds
/// their read models, `stream append` tries events with them, `serve` takes their commands. Each domain has a command of its own:
/// `esctl CATEGORY VERB ID FIELD=VALUE…`. `examples/own_esctl.rs` is such a program.
///
/// ```no_run
/// # use std::process::ExitCode;
/// use esctl::cli::Program;
///
/// fn main() -> ExitCode {
///     let program = Program::new(); // .domain(…).projection(…)
///     ExitCode::from(program.run(std::env::args_os()))
/// }
/// ```
#[derive(Default)]
pub struct Program {
    installed: Installed,
}

impl Program {
    /// Returns an esctl with the built-in domains only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a domain, with its read model and its commands.
    #[must_use]
    pub fn domain(mut self, domain: Domain) -> Self {
        self.installed.domains.push(domain);
        self
    }

    /// Adds a projection.
    #[must_use]
    pub fn projection(mut self, projection: impl Projection + 'static) -> Self {
        self.installed.projections.push(Arc::new(projection));
        self
    }

    /// Runs the command line and returns the exit code. From then on the whole process knows the domains.
    pub fn run(self, arguments: impl IntoIterator<Item = OsString>) -> u8 {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        // The error names only what esctl itself has.
        domain::install(Installed::default());
        if let Err(error) = self.check() {
            return end(&Output::new(usage::settings(&arguments)), None, Err(error));
        }
        domain::install(self.installed);
        run_command_line(arguments)
    }

    /// Checks the names: each is valid, and none is used twice.
    fn check(&self) -> Result<(), CliError> {
        // Building the definition takes longer than most commands.
        let command = LazyCell::new(args::command);
        let mut categories: Vec<&str> = domain::built_in().iter().map(|domain| domain.category).collect();
        for domain in &self.installed.domains {
            let category = domain.category;
            let is_category = StreamName::of(category, "id").is_ok_and(|stream| stream.category() == category);
            if !is_category {
                return Err(wrong(format!("\"{category}\" is not a category of streams")));
            }
            if categories.contains(&category) || command.find_subcommand(category).is_some() {
                return Err(wrong(format!("category \"{category}\" is already the name of a domain or of a command")));
            }
            categories.push(category);
            if let Some(name) = domain.commands.iter().find(|name| domain_verb::verb_of(domain, name).is_none()) {
                return Err(wrong(format!("\"{name}\" is not the name of a command of domain \"{category}\"")));
            }
        }
        let of_domains = self.installed.domains.iter().filter_map(|domain| domain.projection.as_ref());
        let mut names: Vec<&str> = Vec::new();
        for projection in of_domains.chain(&self.installed.projections) {
            let name = projection.name();
            ReadModel::live(name).check_name().map_err(|error| wrong(error.to_string()))?;
            if names.contains(&name) || is_built_in(name) {
                return Err(wrong(format!("projection \"{name}\" is registered twice")));
            }
            names.push(name);
        }
        Ok(())
    }
}

/// Returns the error for an application that registers an invalid or duplicate name.
fn wrong(message: String) -> CliError {
    CliError::bug(message).code("bad_program").hint("correct the program of the application")
}
