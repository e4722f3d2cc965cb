//! An event of the source with the names and the content that it gets in the target.

use crate::event::CopyTarget;
use crate::event::EventType;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::HeldEvent;
use crate::event::JsonError;
use crate::event::NewEvent;
use crate::event::OWN_LAYOUT;
use crate::event::Original;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::copied_event;
use crate::event::digest_hash;
use crate::event::held_event;
use crate::ops::copy_events::changes::Names;
use crate::ops::copy_events::changes::Renaming;
use crate::ops::copy_events::changes::transformed;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::copy_events::report::RefusedName;
use crate::ops::digest::no_original;
use crate::ops::digest::source_of;
use crate::ops::error::OpsError;
use crate::store::Store;

/// An event to copy.
pub(super) struct Draft {
    pub(super) stream: StreamName,
    /// The type in the target; none: esctl refuses it, so the copy of the stream ends before the event.
    pub(super) event_type: Option<EventType>,
    pub(super) event: RecordedEvent,
    /// The content in the target; none for an event that stays as it is.
    pub(super) held: Option<HeldEvent>,
    /// The hash of the event in the digest of the source.
    pub(super) hash: Hash,
}

/// The decision on an event of the source.
pub(super) enum Drafted {
    /// The event is copied.
    Event(Box<Draft>),
    /// The program for changes leaves it out.
    LeftOut,
    /// It has a name that esctl refuses.
    Refused(Box<Refusal>),
}

/// An event with a name that esctl refuses.
pub(super) struct Refusal {
    /// The name.
    pub(super) name: RefusedName,
    /// The event in its stream; none: the name of the stream is refused.
    pub(super) draft: Option<Draft>,
    /// The hash of the event in the digest of the source.
    pub(super) hash: Hash,
}

impl Refusal {
    /// Returns the error of a copy that begins.
    pub(super) fn error(&self) -> OpsError {
        let RefusedName { kind, name, reason, .. } = &self.name;
        OpsError::Invalid(format!("{kind} {name:?} {reason}; name another one with --rename"))
    }
}

/// Makes drafts of events.
pub(super) struct Drafting<'i> {
    source: &'i Store,
    input: &'i CopyEvents,
    renaming: Renaming<'i>,
}

impl<'i> Drafting<'i> {
    pub(super) fn new(source: &'i Store, input: &'i CopyEvents) -> Self {
        Self { source, input, renaming: Renaming::new(input.rename.as_ref()) }
    }

    /// Returns the draft of an event.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] when a program fails.
    pub(super) fn draft(&mut self, event: &EventView<'_>) -> Result<Drafted, OpsError> {
        let source = source_of(self.source, event);
        let event = &EventView { source: source.as_deref().or(event.source), ..*event };
        let unreadable = |error: JsonError| no_original(event, &error);
        let original = Original::of(event).map_err(unreadable)?;
        let keeps = self.input.keeps_events() || is_reserved(self.input, event);
        if keeps {
            let (stream, event_type) = (StreamName::recorded(event.stream)?, EventType::parse(event.event_type)?);
            let hash = digest_hash(&original).map_err(unreadable)?;
            let event_type = Some(event_type);
            return Ok(Drafted::Event(Box::new(Draft { stream, event_type, event: event.to_recorded(), held: None, hash })));
        }
        let mut names = self.renaming.names(event)?;
        let mut held = held_event(event).map_err(unreadable)?;
        if let Some(program) = &self.input.transform {
            let Some((event_type, changed)) = transformed(program, event, &held)? else { return Ok(Drafted::LeftOut) };
            (names.event_type, held) = (event_type.unwrap_or(names.event_type), changed);
        }
        let (stream, event_type) = match names.parse() {
            Ok(parsed) => parsed,
            Err((kind, reason)) => {
                let hash = digest_hash(&original).map_err(unreadable)?;
                return Ok(Drafted::Refused(Box::new(refusal(names, kind, reason, event, hash))));
            }
        };
        let hash = if self.input.transform.is_some() {
            // Both sides are digested after the change.
            let target = CopyTarget { event_id: event.event_id, event_type: event_type.clone(), recorded_at: event.recorded_at };
            let (changed, _) = copied_event(event, held.clone(), self.layout(), target).map_err(unreadable)?;
            hash_after_change(&changed, &stream, event).map_err(unreadable)?
        } else {
            let renamed = Original { stream: stream.as_str(), event_type: event_type.as_str(), ..original };
            digest_hash(&renamed).map_err(unreadable)?
        };
        let event_type = Some(event_type);
        Ok(Drafted::Event(Box::new(Draft { stream, event_type, event: event.to_recorded(), held: Some(held), hash })))
    }

    /// Returns true for an event that is quarantined in the source, if the streams of quarantines are not copied.
    pub(super) fn loses_quarantine(&self, event: &EventView<'_>) -> bool {
        event.quarantined && !self.input.is_whole()
    }

    /// Returns the name of the layout in the source of a copied event.
    pub(super) fn layout(&self) -> &'i str {
        self.input.layout.as_deref().unwrap_or(OWN_LAYOUT)
    }
}

fn refusal(names: Names, kind: &'static str, reason: String, event: &EventView<'_>, hash: Hash) -> Refusal {
    let is_stream = kind == "stream";
    let stream = StreamName::parse(&names.stream).ok().filter(|_| !is_stream);
    let draft = stream.map(|stream| Draft { stream, event_type: None, event: event.to_recorded(), held: None, hash });
    let name = if is_stream { names.stream } else { names.event_type };
    Refusal { name: RefusedName { kind, name, reason, events: 1 }, draft, hash }
}

/// Returns true for an event of a stream that only esctl writes. It is copied as it is.
pub(super) fn is_reserved(input: &CopyEvents, event: &EventView<'_>) -> bool {
    input.layout.is_none() && event.stream.starts_with('$')
}

/// Returns the hash of a changed event, which is read as from the target.
fn hash_after_change(changed: &NewEvent, stream: &StreamName, event: &EventView<'_>) -> Result<Hash, JsonError> {
    let recorded_at = if event.recorded_at.is_some() { event.recorded_at } else { Timestamp::MIN };
    let view = EventView {
        event_id: changed.event_id,
        stream: stream.as_str(),
        event_type: changed.event_type.as_str(),
        data: changed.data.as_str(),
        metadata: changed.metadata.as_str(),
        recorded_at,
        source: None,
        ..*event
    };
    digest_hash(&Original::of(&view)?)
}
