//! Prints the caveats of an answer as warnings.

use crate::cli::app::App;
use crate::ops::ListCaveat;
use crate::runtime::Caveat;
use crate::runtime::Paused;

/// Prints the caveats of an answer on stderr.
pub(super) fn warn_caveats(app: &App, caveats: impl IntoIterator<Item = ListCaveat>) {
    for ListCaveat { projection, message, caveat, .. } in caveats {
        match projection {
            Some(name) => warn_caveat(app, &name, caveat),
            // Only quarantined events qualify an answer that is made of events.
            None => app.out.warn(&format!("{message}; see 'esctl quarantine list'")),
        }
    }
}

/// Prints a caveat about the rows of a projection on stderr.
pub(super) fn warn_caveat(app: &App, name: &str, caveat: Caveat) {
    app.out.warn(&format!("projection {name} {}", in_words(caveat, name)));
}

/// Returns a caveat as the end of a sentence about the projection.
fn in_words(caveat: Caveat, name: &str) -> String {
    let see = format!("see 'esctl projection errors {name}'");
    match caveat {
        Caveat::InMemory(error) => {
            format!("cannot be brought up to date ({error}): this answer was computed in memory and is not stored")
        }
        Caveat::Paused(Paused { since, by, reason }) => {
            let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("is paused since {since} by {by}{reason}: run 'esctl projection resume {name}' to resume it")
        }
        Caveat::Stopped(problem) => {
            format!("is stopped at event {}, which failed to apply: {see}", problem.position)
        }
        Caveat::Parked(1) => format!("has parked a stream, whose row lacks events: {see}"),
        Caveat::Parked(streams) => format!("has parked {streams} streams, whose rows lack events: {see}"),
        Caveat::MaintainedByApplication => {
            "is maintained by an application: only the application can bring its read model up to date".to_owned()
        }
        Caveat::Behind(1) => "is 1 event behind".to_owned(),
        Caveat::Behind(events) => format!("is {events} events behind"),
        Caveat::Quarantined(1) => "leaves out 1 quarantined event: see 'esctl quarantine list'".to_owned(),
        Caveat::Quarantined(events) => {
            format!("leaves out {events} quarantined events: see 'esctl quarantine list'")
        }
        Caveat::Missing(1) => {
            format!(
                "lacks an event whose skip was taken back, or has one that was quarantined later: run 'esctl projection rebuild {name}'"
            )
        }
        Caveat::Missing(events) => {
            format!("differs from skips and quarantine in {events} events: run 'esctl projection rebuild {name}'")
        }
    }
}
