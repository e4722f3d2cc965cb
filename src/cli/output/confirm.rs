//! A question that only a person at a terminal can answer.

use std::io;
use std::io::BufRead;

use dialoguer::Confirm;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::event::escape_unsafe;

impl Output {
    /// Asks before something that cannot be undone; `yes` answers beforehand. Enter alone means no.
    ///
    /// Ctrl-C comes as SIGINT: the program must have a handler for it by now, else it ends here with the
    /// cursor still hidden.
    ///
    /// # Errors
    /// Without a terminal and without `yes` (2); interrupted (130).
    pub fn confirm(&self, question: &str, yes: bool) -> Result<bool, CliError> {
        if yes {
            return Ok(true);
        }
        let question = escape_unsafe(question).into_owned();
        if !self.settings().can_ask {
            let error = CliError::usage(format!("{question} Nobody can be asked without a terminal"));
            return Err(error.code("confirmation_needed").hint("pass --yes"));
        }
        if self.settings().dumb {
            return self.ask_plainly(&question);
        }
        self.flush()?;
        match Confirm::new().with_prompt(question).default(false).interact() {
            Ok(answer) => Ok(answer),
            Err(dialoguer::Error::IO(error)) => {
                // The prompt has hidden it and does not come back to show it.
                let _ = console::Term::stderr().show_cursor();
                self.say("\n");
                Err(unanswered(&error))
            }
        }
    }

    /// For a terminal that knows no escape sequences.
    fn ask_plainly(&self, question: &str) -> Result<bool, CliError> {
        self.flush()?;
        self.say(&format!("{question} [y/N] "));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(|error| unanswered(&error))?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

fn unanswered(error: &io::Error) -> CliError {
    if error.kind() == io::ErrorKind::Interrupted {
        return CliError::interrupted("interrupted; nothing was changed");
    }
    CliError::usage("the question was not answered").code("confirmation_needed").hint("pass --yes").caused_by(error)
}
