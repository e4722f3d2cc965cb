//! Runs the steps of the demo in this process, and checks them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde::Serialize;
use tokio::task::LocalSet;

use crate::cli::app::App;
use crate::cli::demo::script::DemoAction;
use crate::cli::demo::script::DemoStep;
use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::output::OutputSettings;
use crate::event::Timestamp;
use crate::jq::JqProgram;
use crate::ops::damage_row::damage_row;

/// The client of the commands that name none.
const CLIENT: &str = "server";
/// The width of the terminal that the commands print for.
const WIDTH: u16 = 80;

/// A step as it was run.
#[derive(Debug, Serialize)]
pub(super) struct StepReport {
    /// The heading of this step and those after it.
    pub title: Option<&'static str>,
    /// The command, as it is typed.
    pub command: String,
    /// The exit code; of a race, that of each client that lost.
    pub exit: u8,
    /// The lines that the command printed.
    pub output: Vec<String>,
}

/// The store of the demo and the program that runs commands on it.
pub(super) struct Stage<'a> {
    app: &'a App,
    url: &'a str,
    /// The moment of the first rejection.
    moment: Option<Timestamp>,
}

/// The output of a command, and its exit code.
struct Printed {
    exit: u8,
    results: Vec<String>,
    errors: Vec<String>,
}

/// A writer into a shared buffer.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

impl<'a> Stage<'a> {
    /// Returns a stage with an empty store.
    pub(super) fn new(app: &'a App, url: &'a str) -> Self {
        Self { app, url, moment: None }
    }

    /// Runs a step. Returns its report, and the claim that did not hold; none for a step that this build cannot run.
    pub(super) async fn perform(&mut self, step: &DemoStep) -> Result<Option<(StepReport, Option<String>)>, CliError> {
        let (command, exit, output) = match step.action {
            DemoAction::Run(line) | DemoAction::RunHead(line, _)
                if line.contains(" --where ") && JqProgram::compile("", ".").is_err() =>
            {
                return Ok(None);
            }
            DemoAction::Run(line) => {
                let line = line.replace("{moment}", &self.moment.map(|moment| moment.to_string()).unwrap_or_default());
                let printed = self.run(&line, CLIENT).await;
                (format!("$ {line}"), printed.exit, [printed.results, printed.errors].concat())
            }
            DemoAction::RunHead(line, lines) => {
                let mut printed = self.run(line, CLIENT).await;
                printed.results.truncate(lines);
                (format!("$ {line} | head -n {lines}"), printed.exit, [printed.results, printed.errors].concat())
            }
            DemoAction::Race(line, clients) => {
                let (exit, output) = self.race(line, clients).await?;
                let shown =
                    format!("$ for n in $(seq {clients}); do\n>   {line} --client player$n &\n> done 2>&1 | sort | uniq -c");
                (shown, exit, output)
            }
            DemoAction::Damage => {
                damage_row(&self.app.open(&self.url.parse()?)?, "resources", "gold", ("amount", 9999.into()), self.app.now())
                    .await?;
                ("# by hand: 9999 into the row of gold".to_owned(), exit::DONE, Vec::new())
            }
        };
        if exit == exit::REJECTED && self.moment.is_none() {
            self.moment = Some(self.app.now());
        }
        let wrong = wrong(step, &command, exit, &output);
        Ok(Some((StepReport { title: step.title, command, exit, output }, wrong)))
    }

    /// Runs a command line on the store of the demo.
    fn run(&self, line: &str, client: &str) -> impl Future<Output = Printed> + use<> {
        let mut words = words(line);
        if !words.iter().any(|word| word == "--client") {
            words.extend(["--client".to_owned(), client.to_owned()]);
        }
        words.extend(["--store".to_owned(), self.url.to_owned()]);
        let (stdout, stderr) = (Buffer::default(), Buffer::default());
        let outer = self.app.out.settings();
        let settings = OutputSettings {
            format: Format::Table,
            quiet: true,
            width: Some(WIDTH),
            zone: outer.zone.clone(),
            unicode: outer.unicode,
            ..OutputSettings::default()
        };
        let out = Arc::new(Output::with_writers(settings, Box::new(stdout.clone()), Box::new(stderr.clone())));
        let running = (self.app.run_inside)(words.into_iter().map(OsString::from).collect(), out);
        async move {
            let exit = running.await;
            Printed { exit, results: stdout.lines(), errors: stderr.lines() }
        }
    }

    /// Runs a command line of many clients at the same time. Returns the exit code of those that lost, and the lines with the
    /// number of clients that printed each.
    async fn race(&self, line: &str, clients: usize) -> Result<(u8, Vec<String>), CliError> {
        let together = LocalSet::new();
        let running = (1..=clients).map(|number| together.spawn_local(self.run(line, &format!("player{number}"))));
        let running: Vec<_> = running.collect();
        together.await;
        let (mut lost, mut counts) = (exit::DONE, BTreeMap::<String, usize>::new());
        for client in running {
            let ended = client.await.map_err(|error| CliError::bug("a client of the demo has ended").caused_by(&error))?;
            lost = lost.max(ended.exit);
            for line in ended.results.into_iter().chain(ended.errors) {
                *counts.entry(line).or_default() += 1;
            }
        }
        Ok((lost, counts.into_iter().map(|(line, count)| format!("{count:>7} {line}")).collect()))
    }
}

/// Returns the claim of a step that does not hold.
fn wrong(step: &DemoStep, command: &str, exit: u8, output: &[String]) -> Option<String> {
    let typed = command.trim_start_matches("$ ");
    if exit != step.exit {
        return Some(format!("'{typed}' ended with exit code {exit}, expected {}", step.exit));
    }
    let missing = step.prints.iter().find(|text| !output.iter().any(|line| line.contains(**text)))?;
    Some(format!("'{typed}' did not print \"{missing}\""))
}

/// Splits a command line into words. Single quotes keep words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for character in line.chars() {
        match (character, words.last_mut()) {
            ('\'', _) => quoted = !quoted,
            (' ', _) if !quoted => words.push(String::new()),
            (other, Some(word)) => word.push(other),
            (_, None) => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::wrong;
    use crate::cli::demo::script::STEPS;

    #[test]
    fn a_step_that_does_not_hold_is_found() {
        let output = vec!["applied: resource-gold #1   amount 1000 of 2000".to_owned()];
        assert_eq!(wrong(&STEPS[0], "$ x", 0, &output), None);
        assert_eq!(wrong(&STEPS[0], "$ x", 5, &output).unwrap(), "'x' ended with exit code 5, expected 0");
        assert_eq!(wrong(&STEPS[0], "$ x", 0, &[]).unwrap(), "'x' did not print \"applied: resource-gold #1\"");
    }
}
