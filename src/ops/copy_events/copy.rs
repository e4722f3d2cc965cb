//! Copies events from one store into another, and compares the digests of both.

use crate::event::EventChunk;
use crate::event::OWN_LAYOUT;
use crate::event::Version;
use crate::ops::copy_events::added_events::added_events;
use crate::ops::copy_events::claim::Claim;
use crate::ops::copy_events::copy_record::check_target;
use crate::ops::copy_events::copy_record::forget_token;
use crate::ops::copy_events::copy_record::write_record;
use crate::ops::copy_events::draft::Draft;
use crate::ops::copy_events::draft::Drafted;
use crate::ops::copy_events::draft::Drafting;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::copy_events::report::CopyEventsReport;
use crate::ops::copy_events::source_events::SourceEvents;
use crate::ops::copy_events::writer::Writer;
use crate::ops::digest::DigestEvents;
use crate::ops::digest::digest_events;
use crate::ops::error::OpsError;
use crate::ops::not_found::no_stream;
use crate::ops::replay::whole_events;
use crate::runtime::Clock;
use crate::runtime::RuntimeError;
use crate::store::Head;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Copies the events that the target lacks. `progress` gets the number of events that were handled since the last report.
///
/// An interrupted copy goes on when it is repeated, and nothing is copied twice: the target itself shows what it has.
///
/// # Errors
/// [`OpsError::Conflict`] when the target has other events; then nothing is written. [`StoreError::Integrity`] when the source is
/// damaged; the events before the damage were copied.
pub async fn copy_events(
    source: &Store,
    target: &Store,
    input: &CopyEvents,
    clock: &Clock,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<CopyEventsReport, OpsError> {
    for stream in &input.streams {
        if source.stream_version(stream.clone()).await? == Version::ZERO {
            return Err(no_stream(source, stream).await);
        }
    }
    let has_events = check_target(target, input).await?;
    // It may take long to sort the events.
    let events = SourceEvents::in_order(source, input, &mut |_| {}).await?;
    let mut pass = Pass { source, target, input, report: empty_report(target, input), claim: None };
    if !input.dry_run && !has_events {
        pass.claim = Some(Claim::on(target, input, clock).await?);
    }
    let copied = pass.copy(events, has_events, progress).await;
    let Pass { mut report, claim, .. } = pass;
    if let Some(claim) = claim {
        claim.release(target).await;
    }
    copied?;
    if !input.dry_run {
        report.target = Some(digest_events(target, &DigestEvents::default(), &mut |_| {}).await?.digest);
    }
    let is_same = report.target.is_none_or(|target| target == report.source);
    if !is_same {
        report.added = added_events(source, target, input).await?;
    }
    report.ok = is_same && report.differing.events == 0 && report.refused.events == 0;
    if report.ok && !input.dry_run {
        // A place at which a mirror cannot go on, since the source was restored, is of no use any more.
        forget_token(target).await?;
    }
    Ok(report)
}

/// A copy in progress.
struct Pass<'p> {
    source: &'p Store,
    target: &'p Store,
    input: &'p CopyEvents,
    report: CopyEventsReport,
    /// The claim on a target without events, until the first ones are written.
    claim: Option<Claim>,
}

impl Pass<'_> {
    async fn copy(
        &mut self,
        mut events: SourceEvents,
        has_events: bool,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), OpsError> {
        let (source, target, input) = (self.source, self.target, self.input);
        if self.claim.is_some() {
            write_record(target, input).await?;
        }
        let head = no_store_is_empty(target.head().await)?;
        let mut drafting = Drafting::new(source, input);
        let layout = input.layout.as_deref().unwrap_or(OWN_LAYOUT);
        let mut writer = Writer::new(target, input, layout, head.recorded_at, has_events);
        // The chain of a store of esctl is checked on the way.
        let mut chain = (input.layout.is_none() && input.is_whole()).then(Head::default);
        loop {
            let chunk = match events.next().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(()),
                Err(error) => return Err(stopped(error, &self.report)),
            };
            let whole = chain.as_mut().map_or(chunk.len(), |last| whole_events(last, chunk));
            let changed = (whole < chunk.len()).then(|| chunk.get(whole).map(|event| event.position)).flatten();
            // A copy that begins has checked the names.
            let drafts = drafts(&mut drafting, chunk, whole, has_events, &mut self.report)?;
            if let Some(claim) = &mut self.claim {
                claim.renew(target, input).await?;
            }
            writer.write(drafts, &mut self.report).await?;
            if self.report.events_copied > 0
                && let Some(claim) = self.claim.take()
            {
                claim.release(target).await;
            }
            progress(whole as u64);
            if let Some(position) = changed {
                let place = source.place();
                let message = format!("the event at position {position} of {place} differs from what was recorded: wrong hash");
                return Err(stopped(StoreError::integrity(message).into(), &self.report));
            }
        }
    }
}

pub(super) fn empty_report(target: &Store, input: &CopyEvents) -> CopyEventsReport {
    CopyEventsReport {
        ok: false,
        from: input.from.clone(),
        layout: input.layout.clone(),
        to: target.place(),
        dry_run: input.dry_run,
        events_copied: 0,
        already_there: 0,
        left_out: 0,
        changed: Default::default(),
        late: Default::default(),
        not_copied: Default::default(),
        refused: Default::default(),
        added: Default::default(),
        quarantined: Default::default(),
        differing: Default::default(),
        source: Default::default(),
        target: None,
    }
}

/// Returns the drafts of the first events of a chunk, and adds them to the digest of the source. Refused names are counted, if the
/// copy was begun before.
///
/// # Errors
/// [`OpsError::Invalid`] when a copy begins and a name is refused, or when a program fails.
pub(super) fn drafts(
    drafting: &mut Drafting<'_>,
    chunk: &EventChunk,
    whole: usize,
    is_begun: bool,
    report: &mut CopyEventsReport,
) -> Result<Vec<Draft>, OpsError> {
    let mut drafts = Vec::with_capacity(whole);
    for event in chunk.iter().take(whole) {
        match drafting.draft(&event)? {
            Drafted::Event(draft) => {
                report.source.add(draft.hash);
                if drafting.loses_quarantine(&event) {
                    report.quarantined.add(&event);
                }
                drafts.push(*draft);
            }
            Drafted::LeftOut => report.left_out += 1,
            Drafted::Refused(refusal) if is_begun => {
                report.source.add(refusal.hash);
                report.refused.add(&refusal.name);
                drafts.extend(refusal.draft);
            }
            Drafted::Refused(refusal) => return Err(refusal.error()),
        }
    }
    Ok(drafts)
}

/// Adds the number of copied events to the error of a damaged source.
fn stopped(error: OpsError, report: &CopyEventsReport) -> OpsError {
    let there = report.already_there + report.events_copied;
    let add = |message: String| format!("{message}; the {there} events before it are in the target");
    match error {
        OpsError::Runtime(RuntimeError::Store(StoreError::Integrity { message, source })) => {
            StoreError::Integrity { message: add(message), source }.into()
        }
        OpsError::Runtime(RuntimeError::Store(StoreError::ForeignDamaged { message, source })) => {
            StoreError::ForeignDamaged { message: add(message), source }.into()
        }
        error => error,
    }
}
