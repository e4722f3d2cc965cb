//! The flags that name the moment or the version that a state is shown as of.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::values::place;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::replay::PointInTime;
use crate::store::Store;

/// The end of the help of each command with these flags.
pub(super) const TIME_HELP: &str = "TIME: RFC 3339, '2025-12-03 16:46' (local time), a date, 'yesterday 16:46', 'monday 9:00', now, '10m ago', @UNIXSECONDS; a zone in brackets counts.";

/// The moment or the version of one thing.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AsOfArgs {
    /// As it was at this version
    #[arg(long, value_name = "N", value_parser = place, conflicts_with = "at")]
    version: Option<u64>,
    /// As it was at this time
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl AsOfArgs {
    /// Returns the end of the events that make the state. A time in the future is noted on stderr.
    ///
    /// # Errors
    /// A text that is no time (2), or an error of the store.
    pub(super) async fn until(&self, app: &App, store: &Store) -> Result<PointInTime, CliError> {
        let until = match (&self.at, self.version) {
            (Some(text), _) => app.until(text)?,
            (None, Some(version)) => PointInTime::Version(Version(version)),
            (None, None) => PointInTime::Head,
        };
        if let PointInTime::Time(moment) = until {
            note_future(app, store, moment).await?;
        }
        Ok(until)
    }
}

/// The moment of a list.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AtArgs {
    /// As it was at this time
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl AtArgs {
    /// Returns the moment; none where the list is as of now. A time in the future is noted on stderr.
    ///
    /// # Errors
    /// A text that is no time (2), or an error of the store.
    pub(super) async fn moment(&self, app: &App, store: &Store) -> Result<Option<Timestamp>, CliError> {
        match self.at.as_deref().map(|text| app.until(text)).transpose()? {
            Some(PointInTime::Time(moment)) => note_future(app, store, moment).await.map(|()| Some(moment)),
            _ => Ok(None),
        }
    }
}

/// Notes on stderr that a moment is in the future.
pub(super) async fn note_future(app: &App, store: &Store, moment: Timestamp) -> Result<(), CliError> {
    if moment > app.now() {
        let head = store.head().await?.position;
        app.out.note(&format!("{moment} is in the future: nothing is recorded after position {head} yet"));
    }
    Ok(())
}
