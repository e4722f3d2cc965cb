//! The warning about events from the future.

use crate::cli::app::App;
use crate::ops::future::FutureEvents;

/// Warns about events from the future, and says how to repair the store.
pub(super) fn warn_future(app: &App, future: Option<FutureEvents>) {
    let Some(FutureEvents { events, first_position, first_recorded_at, last_recorded_at, now }) = future else { return };
    let events = if events == 1 { "1 event is".to_owned() } else { format!("{events} events are") };
    app.out.warn(&format!(
        "{events} from the future: from position {first_position}, recorded at {first_recorded_at}, to {last_recorded_at}; \
         now it is {now}. 'esctl replay --all --into URL --retime' makes a copy with past times"
    ));
}
