//! Flags for the time or version that a state is shown as of.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::place;
use crate::cli::error::CliError;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::ListSource;
use crate::ops::replay::PointInTime;
use crate::store::Store;

/// The last lines of the help of each command with these flags.
pub(super) const TIME_HELP: &str = "TIME: RFC 3339, '2025-12-03 16:46' (local time), a date, 'yesterday 16:46', 'monday 9:00', now, '10m ago', @UNIXSECONDS; a zone in brackets counts.";

/// The time or version of one thing.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AsOfArgs {
    /// Show the state at this version
    #[arg(long, value_name = "N", value_parser = place, conflicts_with = "at")]
    version: Option<u64>,
    /// Show the state at this time
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl AsOfArgs {
    /// Returns the end of the events that make the state. Notes on stderr if the time is in the future.
    ///
    /// # Errors
    /// The text is not a time (2).
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

/// The time of a list.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AtArgs {
    /// Show the state at this time
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl AtArgs {
    /// Returns the source of a list at the time. Notes on stderr if the time is in the future.
    ///
    /// # Errors
    /// The text is not a time (2).
    pub(super) async fn source(&self, app: &App) -> Result<ListSource, CliError> {
        let store = app.store()?;
        match self.moment(app, &store).await? {
            Some(at) => Ok(ListSource::Past { store, at }),
            None => Ok(ListSource::Present { queries: app.query_bus(&store), now: app.now() }),
        }
    }

    /// Returns the time; none for a list of the present. Notes on stderr if the time is in the future.
    ///
    /// # Errors
    /// The text is not a time (2).
    pub(super) async fn moment(&self, app: &App, store: &Store) -> Result<Option<Timestamp>, CliError> {
        match self.at.as_deref().map(|text| app.until(text)).transpose()? {
            Some(PointInTime::Time(moment)) => note_future(app, store, moment).await.map(|()| Some(moment)),
            _ => Ok(None),
        }
    }
}

/// Notes on stderr if a time is in the future.
pub(super) async fn note_future(app: &App, store: &Store, moment: Timestamp) -> Result<(), CliError> {
    if moment > app.now() {
        let head = store.head().await?.position;
        let after = if head.is_some() { format!("after position {head} ") } else { String::new() };
        app.out.note(&format!("{moment} is in the future: nothing is recorded {after}yet"));
    }
    Ok(())
}
