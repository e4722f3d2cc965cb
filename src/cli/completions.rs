//! `esctl completions`

use clap::Args;
use clap_complete::Shell;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::generated;

/// Where each shell looks for them.
const WHERE: &str = "Where to put them:
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
}

impl Completions {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        app.out.bytes(&generated::completion(self.shell))
    }
}
