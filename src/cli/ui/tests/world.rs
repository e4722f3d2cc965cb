//! A computed store of any size, and a viewer that reads from it.

use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::cli::output::Key;
use crate::cli::ui::model::Model;
use crate::cli::ui::model::PageReply;
use crate::cli::ui::model::PageRequest;
use crate::cli::ui::model::STREAMS_AT_ONCE;
use crate::event::Hash;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::Change;
use crate::ops::ListPage;
use crate::ops::browse::EventLine;
use crate::ops::browse::EventLines;
use crate::ops::browse::HeadReport;
use crate::ops::browse::StateReport;
use crate::ops::projections::status::Maintainer;
use crate::ops::projections::status::ProblemCounts;
use crate::ops::projections::status::ProjectionState;
use crate::ops::projections::status::ProjectionStatus;
use crate::runtime::OnError;
use crate::store::StreamInfo;

/// Returns 2025-12-03T16:46:43Z plus a number of seconds.
pub(super) fn second(seconds: u64) -> Timestamp {
    Timestamp::from_micros_saturating(1_764_780_403_000_000 + seconds.cast_signed() * 1_000_000)
}

/// A store of streams `s-0000001` …, each with the same number of events, which change `n` and `text`.
pub(super) struct World {
    pub(super) streams: u64,
    pub(super) versions: u64,
    /// The text in every name and every value.
    pub(super) text: &'static str,
}

impl World {
    pub(super) fn head(&self) -> HeadReport {
        let position = Position(self.streams * self.versions);
        HeadReport { store: format!("/srv/{}.db", self.text), kind: "SQLite", position, recorded_at: Some(second(position.0)) }
    }

    /// Returns a viewer of this store with all its answers.
    pub(super) fn viewer(&self, size: (u16, u16)) -> Model {
        let mut model = Model::new(self.head(), size);
        self.answer(&mut model);
        model
    }

    /// Presses keys, one after the other, and answers after each.
    pub(super) fn press(&self, model: &mut Model, keys: &[Key]) {
        for key in keys {
            model.key(*key);
            self.answer(model);
        }
    }

    /// Answers until the viewer requests nothing more.
    pub(super) fn answer(&self, model: &mut Model) {
        for _ in 0..10 {
            let Some(request) = model.wants() else { return };
            model.answer(&request, Ok(self.reply(&request)));
        }
        panic!("it wants more and more: {:?}", model.wants());
    }

    pub(super) fn reply(&self, request: &PageRequest) -> PageReply {
        match request {
            PageRequest::Streams { prefix, after } => PageReply::Streams(self.page(prefix, after.as_deref())),
            PageRequest::Events(input) => {
                let last = if input.stream.is_some() { self.versions } else { self.streams * self.versions };
                let from = input.from.unwrap_or_else(|| (last + 1).saturating_sub(input.limit).max(1));
                let to = (from + input.limit - 1).min(last);
                let items = (from..=to).map(|place| self.line(place, input.stream.as_ref()));
                PageReply::Events(EventLines { from, last, items: items.collect() })
            }
            PageRequest::State(stream, version) => PageReply::State(Box::new(self.state(stream, *version))),
            PageRequest::Projections => PageReply::Projections(self.projections()),
        }
    }

    fn name(&self, number: u64) -> String {
        format!("s-{number:07}{}", self.text)
    }

    fn page(&self, prefix: &str, after: Option<&str>) -> ListPage<StreamInfo> {
        let number = |name: &str| name[2..9].parse::<u64>().unwrap();
        let first = after.map_or(1, |after| number(after) + 1);
        let of_prefix = (first..=self.streams).map(|number| self.name(number)).filter(|name| name.starts_with(prefix));
        let info = |stream: String| StreamInfo {
            category: "s".into(),
            version: Version(self.versions),
            last_position: Position(number(&stream) * self.versions),
            last_recorded_at: second(number(&stream)),
            stream,
            foreign: None,
        };
        ListPage::of(of_prefix.take(STREAMS_AT_ONCE + 1).map(info).collect(), STREAMS_AT_ONCE, |info| info.stream.clone())
    }

    fn line(&self, place: u64, stream: Option<&StreamName>) -> EventLine {
        let of_all = self.name((place - 1) / self.versions + 1);
        let version = if stream.is_some() { place } else { (place - 1) % self.versions + 1 };
        EventLine {
            position: Position(place),
            stream: stream.map_or(of_all, ToString::to_string),
            version: Version(version),
            event_type: format!("s.changed{}", self.text),
            recorded_at: second(place),
            excerpt: format!(r#"{{"n":{version},"text":"{}"}}"#, self.text),
        }
    }

    fn state(&self, stream: &StreamName, version: Version) -> StateReport {
        let change = |path: &str, before: Option<Value>, after: Option<Value>| Change { path: path.into(), before, after };
        let n = version.0;
        let changes = if n == 1 {
            vec![change("", Some(Value::Null), Some(json!({})))]
        } else {
            vec![
                change("/n", Some(json!(n - 1)), Some(json!(n))),
                change("/list/1", None, Some(json!("new"))),
                change("/gone", Some(json!({"a": 1})), None),
            ]
        };
        StateReport {
            stream: stream.clone(),
            last: Version(self.versions),
            event: RecordedEvent {
                position: Position(n),
                event_id: Uuid::nil(),
                stream: stream.to_string(),
                version,
                event_type: format!("s.changed{}", self.text),
                schema_version: 1,
                recorded_at: second(n),
                data: json!({"n": n, "text": self.text}).to_string(),
                metadata: r#"{"client_id":"ann"}"#.into(),
                hash: Hash::default(),
                kept_content: None,
                quarantined: false,
                source: None,
            },
            reducer: "merge".into(),
            state: json!({"n": n, "list": ["old", "new"], self.text: {"text": self.text}}),
            changes,
            before: Value::Null,
            unreadable: None,
            left_out: Vec::new(),
        }
    }

    fn projections(&self) -> Vec<ProjectionStatus> {
        let status = |name: &str, state, lag_events, lag_seconds| ProjectionStatus {
            name: format!("{name}{}", self.text),
            maintained_by: Maintainer::Esctl,
            state,
            position: Position(7),
            head: self.head().position,
            lag_events,
            lag_seconds,
            held_back_events: 0,
            waits: lag_events > 0,
            rows: 3,
            updated_at: Some(second(7)),
            rebuild_position: None,
            paused: None,
            on_error: OnError::Stop,
            problems: ProblemCounts::default(),
            stopped_at: None,
            future_events: 0,
            runners: Vec::new(),
        };
        vec![status("resources", ProjectionState::Current, 0, 0.0), status("games", ProjectionState::Behind, 1234, 86_400.5)]
    }
}
