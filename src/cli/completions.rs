//! `esctl completions`

use clap::Args;
use clap_complete::Shell;

use crate::cli::app::App;
use crate::cli::complete;
use crate::cli::error::CliError;
use crate::cli::generated;

/// Where each shell looks for them.
const WHERE: &str = "\
The shell then asks esctl for streams, resources, projections, contexts and the like while you type, in the store
that the line names; it waits for 0.3 seconds at most. With --static it knows commands and flags only and asks nobody;
so it is for PowerShell in any case. Print them anew after an upgrade.

Where to put them:
  bash        esctl completions bash > ~/.local/share/bash-completion/completions/esctl
  zsh         esctl completions zsh > FOLDER/_esctl, where FOLDER is one of $fpath
  fish        esctl completions fish > ~/.config/fish/completions/esctl.fish
  elvish      esctl completions elvish >> ~/.config/elvish/rc.elv
  powershell  esctl completions powershell >> $PROFILE";

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = WHERE)]
pub struct Completions {
    /// Which shell
    shell: Shell,
    /// Only commands and flags: the store is never asked
    #[arg(long = "static")]
    fixed: bool,
}

impl Completions {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let asking = if self.fixed { None } else { complete::registration(self.shell) };
        app.out.bytes(&asking.unwrap_or_else(|| generated::completion(self.shell)))
    }
}
