//! The hint at an error about the store: the layout that fits the database, where another program wrote it.

use std::time::Duration;

use tokio::time::timeout;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::ops::layouts::DetectedLayout;
use crate::ops::layouts::detect;
use crate::store::OpenOptions;
use crate::store::StoreUrl;
use crate::store::foreign::open_foreign;

/// The longest time to look for a layout. The error itself is known already.
const PATIENCE: Duration = Duration::from_secs(3);

/// Adds the layout that fits to an error that there is no store of esctl at the named location.
pub(super) async fn with_layout(app: &App, error: CliError) -> CliError {
    match app.store_url() {
        Ok(url) => with_layout_of(app, &url, "--layout", error).await,
        Err(_) => error,
    }
}

/// Adds the layout that fits to an error that there is no store of esctl at a URL. `flag` names a layout.
pub(super) async fn with_layout_of(app: &App, url: &StoreUrl, flag: &str, error: CliError) -> CliError {
    if !is_about_the_store(app, url, &error) {
        return error;
    }
    match timeout(PATIENCE, fitting(app, url, PATIENCE)).await.ok().flatten() {
        Some(fit) => {
            let looks = format!("this looks like a {} store; read it with {flag} {}", fit.title, fit.layout);
            let hint = match &error.failure.hint {
                Some(hint) => format!("{hint}; {looks}"),
                None => looks,
            };
            error.hint(hint).with("layout", fit.layout)
        }
        None => error,
    }
}

/// Returns true for an error that the database of a store is of another program, or has no store.
fn is_about_the_store(app: &App, url: &StoreUrl, error: &CliError) -> bool {
    let failure = &error.failure;
    let about = failure.details.get("store").and_then(|store| store.as_str());
    let place = || app.open(url).map(|store| store.place()).ok();
    ["store_unsupported", "store_not_found"].contains(&failure.code) && about.is_some() && about == place().as_deref()
}

/// Returns the only layout that fits.
pub(super) async fn fitting(app: &App, url: &StoreUrl, patience: Duration) -> Option<DetectedLayout> {
    let options = OpenOptions { timeout: app.timeout().min(patience), ..app.open_options() };
    let database = open_foreign(url, &options).ok()?;
    let report = detect(&*database).await.ok()?;
    let mut fitting = report.fitting();
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}
