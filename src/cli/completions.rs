//! The command `esctl completions`.

use clap::Args;
use clap_complete::Shell;

use crate::cli::app::App;
use crate::cli::complete;
use crate::cli::error::CliError;
use crate::cli::generated;

/// The help on where each shell looks for completions.
const WHERE: &str = "\
The shell then asks esctl for streams, resources, projections, contexts and the like while you type, in the store
that the line names; it waits for 0.3 seconds at most. With --static it completes commands and flags only, without esctl;
for PowerShell this is the only way. Print the completions again after an upgrade.

Where to put them:
  bash        esctl completions bash > ~/.local/share/bash-completion/completions/esctl
  zsh         esctl completions zsh > FOLDER/_esctl, where FOLDER is one of $fpath
  fish        esctl completions fish > ~/.config/fish/completions/esctl.fish
  elvish      esctl completions elvish >> ~/.config/elvish/rc.elv
  powershell  esctl completions powershell >> $PROFILE";

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = WHERE)]
pub struct CompletionsArgs {
    /// Shell to complete for
    shell: Shell,
    /// Complete commands and flags only; never query the store
    #[arg(long = "static")]
    fixed: bool,
}

impl CompletionsArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let asking = if self.fixed { None } else { complete::registration(self.shell) };
        app.out.bytes(&asking.unwrap_or_else(|| generated::completion(self.shell, app.definition)))
    }
}
