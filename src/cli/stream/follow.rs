//! Follows a store of another program for `esctl stream tail`.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::follow_wait::in_words;
use crate::cli::replace_file::Readers;
use crate::cli::replace_file::replace;
use crate::cli::replace_file::unwritable;
use crate::cli::stream::event_rows;
use crate::ops::follow_events::FollowEvents;
use crate::ops::follow_events::FollowUpdate;
use crate::ops::tail_events::TailEvents;
use crate::store::Store;

/// Shows the events of a store until the program is interrupted. `resume` is the file with the place.
pub(super) async fn run(app: &App, store: &Store, input: &TailEvents, resume: Option<&Path>) -> Result<(), CliError> {
    let token = resume.map(saved).transpose()?.flatten();
    let mut follower = FollowEvents::open(store, input, token, app.clock()).await?;
    if let Some(path) = resume {
        // A place that cannot be kept is an error before the first event.
        save(path, &follower)?;
    }
    let mut list = app.out.list(event_rows::followed_listing().unlimited());
    list.flush()?;
    loop {
        let update = tokio::select! {
            update = follower.next() => update?,
            () = app.out.reader_gone() => return Err(CliError::closed_pipe()),
        };
        match update {
            FollowUpdate::Events { events, late, recovered } => {
                if recovered {
                    app.note_available();
                }
                for (number, event) in events.iter().enumerate() {
                    if input.filter.wants(&event)? {
                        event_rows::push_followed(&mut list, &event, number < late)?;
                    }
                }
                list.flush()?;
                if let Some(path) = resume {
                    save(path, &follower)?;
                }
            }
            FollowUpdate::Nothing => {}
            FollowUpdate::Waiting(wait) => app.out.warn(&in_words(&wait)),
            FollowUpdate::Note(text) => app.out.note(&text),
            FollowUpdate::Unavailable(error) => app.warn_unavailable(&error),
            FollowUpdate::Available => app.note_available(),
            FollowUpdate::Ended => return list.finish(None),
        }
    }
}

/// Returns the saved place; `None` if there is no file yet.
fn saved(path: &Path) -> Result<Option<String>, CliError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::usage(format!("cannot read {}", path.display())).caused_by(&error)),
    }
}

fn save(path: &Path, follower: &FollowEvents) -> Result<(), CliError> {
    let content = format!("{}\n", follower.token());
    replace(path, content.as_bytes(), Readers::Usual).map_err(|error| unwritable("the place", path, &error))
}
