//! The copy of the whole store into another one, as of a time.

use crate::cli::app::App;
use crate::cli::copy_interruption::CopyInterruption;
use crate::cli::error::CliError;
use crate::cli::same_store::is_same;
use crate::ops::OpsError;
use crate::ops::replay::CopyProgress;
use crate::ops::replay::CopyStore;
use crate::ops::replay::PointInTime;
use crate::ops::replay::copy_store;
use crate::runtime::RuntimeError;
use crate::store::StoreError;
use crate::store::StoreUrl;

/// Copies the store and prints the report.
pub(super) async fn run(app: &App, url: &str, at: Option<&str>, retime: bool) -> Result<(), CliError> {
    let url: StoreUrl = url.parse()?;
    let source = app.store()?;
    let target = app.open(&url)?;
    if is_same(&source, &target, &url) {
        return Err(CliError::usage("a store cannot be copied into itself").code("same_store"));
    }
    let at = match at.map(|text| app.until(text)).transpose()? {
        Some(PointInTime::Time(moment)) => Some(moment),
        _ => None,
    };
    if let Some(at) = at {
        app.record.repeat.fix("--at", at.to_string());
    }
    let bar = app.out.progress(Some(0), "events");
    let mut broken_off = CopyInterruption { out: &app.out, written: false };
    let mut progress = |step| match step {
        CopyProgress::ToCopy(events) => bar.total(events),
        CopyProgress::Copied(events) => {
            broken_off.written = true;
            bar.advance(events);
        }
    };
    let input = CopyStore { at, now: app.now(), retime };
    let report = match copy_store(&source, &target, input, &mut progress).await {
        Err(OpsError::Runtime(RuntimeError::Store(damage @ StoreError::Integrity { .. }))) => {
            // There is no more to copy.
            broken_off.written = false;
            return Err(CliError::from(damage).hint("the copy has all intact events; check it with 'esctl verify --store URL'"));
        }
        report => report?,
    };
    broken_off.written = false;
    bar.finish();
    app.out.one(&report, |sheet| {
        sheet.field("from", &report.from);
        sheet.field("into", &report.into);
        sheet.field("as of", report.at);
        sheet.field("position", report.position.to_string());
        sheet.field("events copied", report.events_copied.to_string());
        sheet.field("already there", report.already_there.to_string());
        if let Some(retimed) = report.events_retimed {
            sheet.field("other times", retimed.to_string());
        }
        sheet.field("head hash", report.head_hash);
    })
}
