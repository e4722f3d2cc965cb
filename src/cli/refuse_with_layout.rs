//! Refuses commands that do not work with a layout. One place decides for all commands.

use crate::cli::app::App;
use crate::cli::commands::Command;
use crate::cli::error::CliError;
use crate::cli::shell_quoting;
use crate::cli::write_record::Effect;

/// Refuses a command that writes, or that needs more than events, where the store is read with a layout.
///
/// # Errors
/// The store is read-only (2).
pub(super) fn refuse_with_layout(command: &Command, app: &App) -> Result<(), CliError> {
    let Some(layout) = app.layout() else { return Ok(()) };
    if command.works_with_a_layout() {
        return Ok(());
    }
    let message = format!("a store that is read with layout {layout} is read-only: {}", reason(command));
    let error = CliError::usage(message).code("store_read_only").with("layout", layout);
    let reads = "'stream', 'replay', 'bisect', 'trace', 'stats', 'verify', 'snapshot', 'digest', 'checkpoint' and 'check' read with a layout";
    let mirror = shell_quoting::word(layout.as_ref());
    let mirror = format!("this command works on a mirror: esctl copy --from URL --from-layout {mirror} --to sqlite:mirror.db");
    let needs_mirror = command.effect() == Effect::Reads || matches!(command, Command::Replay(_));
    let other = if needs_mirror { &mirror } else { reads };
    Err(error.hint(format!("leave out --layout and ESCTL_LAYOUT for a store of esctl; {other}")))
}

/// Returns the reason why a command does not work with a layout.
fn reason(command: &Command) -> &'static str {
    if command.effect() != Effect::Reads {
        return "this command writes";
    }
    match command {
        Command::Projection(_) => "it has no read models",
        Command::Quarantine(_) => "it has no quarantine",
        Command::OfDomain(_) | Command::Resource(_) | Command::Doc(_) | Command::Game(_) => {
            "its events are not those of the domains of esctl"
        }
        Command::Replay(_) => "this form of replay needs the hash chain or the read models of a store of esctl",
        _ => "this command needs a store of esctl",
    }
}
