//! Confirmation by a person at a terminal.

use std::io;
use std::io::BufRead;

use dialoguer::Confirm;

use crate::cli::error::CliError;
use crate::cli::output::printer::Output;
use crate::event::escape_unsafe;

impl Output {
    /// Asks before an operation that cannot be undone. `yes` answers beforehand. Enter alone means no.
    ///
    /// Ctrl-C arrives as SIGINT. Without a handler for it the program would end here with the cursor hidden.
    ///
    /// # Errors
    /// There is no terminal and no `yes` (2), or a signal interrupts the question (130).
    pub fn confirm(&self, question: &str, yes: bool) -> Result<bool, CliError> {
        if yes {
            return Ok(true);
        }
        let question = escape_unsafe(question).into_owned();
        if !self.settings().can_ask {
            let error = CliError::usage(format!("{question} Cannot ask without a terminal"));
            return Err(error.code("confirmation_needed").hint("pass --yes"));
        }
        if self.settings().dumb {
            return self.ask_plainly(&question);
        }
        self.flush()?;
        match Confirm::new().with_prompt(question).default(false).interact() {
            Ok(answer) => Ok(answer),
            Err(dialoguer::Error::IO(error)) => {
                // The prompt has hidden the cursor, and does not show it again.
                let _ = console::Term::stderr().show_cursor();
                self.print_stderr("\n");
                Err(unanswered(&error))
            }
        }
    }

    /// Asks on a terminal without escape sequences.
    fn ask_plainly(&self, question: &str) -> Result<bool, CliError> {
        self.flush()?;
        self.print_stderr(&format!("{question} [y/N] "));
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
