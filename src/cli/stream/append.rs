//! The command `esctl stream append`.

use std::collections::HashMap;
use std::num::NonZeroU32;

use clap::ArgGroup;
use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::arg_values::event_id;
use crate::cli::arg_values::expected;
use crate::cli::arg_values::stream;
use crate::cli::arg_values::token;
use crate::cli::draw_write;
use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::cli::name_source::NameSource;
use crate::cli::ndjson_reader::LineReader;
use crate::cli::output::Format;
use crate::cli::write::OriginArgs;
use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::StreamName;
use crate::ops::append_events::AppendEvents;
use crate::ops::append_events::EventInput;
use crate::ops::append_events::append_events;
use crate::runtime::CommandResult;
use crate::store::Limits;
use crate::store::RecordTime;

/// The size limit of the data of one event as text. The limit of a store is lower.
const MAX_DATA_BYTES: usize = 4 << 20;
/// The maximum number of events of a batch, which is one transaction and is held in memory.
const MAX_BATCH: usize = 100_000;

/// Append events to a stream
///
/// Append one event with --type and --data, or a batch with --batch. A batch has one JSON object a line,
/// {"type":"order.placed","data":{…},"metadata":{…},"event_id":"…"}, and is applied in full or not at all.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["event_type", "batch"]))]
pub struct StreamAppendArgs {
    /// Name of the stream
    #[arg(value_parser = stream, add = NameSource::STREAMS)]
    stream: StreamName,
    /// Type of the event
    #[arg(long = "type", value_name = "T", add = NameSource::EVENT_TYPES)]
    event_type: Option<EventType>,
    /// Data of the event, a JSON object; - reads stdin, @FILE a file
    #[arg(
        long,
        value_name = "JSON|-|@FILE",
        required_unless_present = "batch",
        conflicts_with = "batch",
        allow_hyphen_values = true
    )]
    data: Option<String>,
    /// Metadata of the event, a JSON object
    #[arg(long, value_name = "JSON|@FILE", conflicts_with = "batch")]
    metadata: Option<String>,
    /// File of events, one JSON object a line; - reads stdin
    #[arg(long, value_name = "FILE.ndjson|-")]
    batch: Option<String>,
    /// Expected version of the stream: a version, any, none or exists
    #[arg(long, value_name = "N|any|none|exists", value_parser = expected, default_value = "any")]
    expect_version: ExpectedVersion,
    /// Id of the event; an id that was appended before is not appended again
    #[arg(long, value_name = "UUID", value_parser = event_id, conflicts_with = "batch")]
    event_id: Option<Uuid>,
    /// Idempotency key: repeated events with the same key on the same stream are appended once. Event ids that are not given are
    /// derived from it [default: a new key]
    #[arg(long, value_name = "KEY", value_parser = token, conflicts_with = "event_id")]
    idempotency_key: Option<String>,
    /// Version of the schema of the data
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), default_value_t = 1, conflicts_with = "batch")]
    schema_version: u32,
    /// Append even an event that the domain of the stream fails to apply
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    origin: OriginArgs,
}

/// A line of a batch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchLine<'a> {
    #[serde(rename = "type")]
    event_type: String,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    event_id: Option<String>,
    schema_version: Option<NonZeroU32>,
}

impl StreamAppendArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let batch = match &self.batch {
            Some(file) => read_batch(file)?,
            None => vec![self.single()?],
        };
        let store = app.store_to_write()?;
        let needs_key = self.idempotency_key.is_some() || batch.iter().any(|event| event.event_id.is_none());
        let key = needs_key.then(|| app.idempotency_key(self.idempotency_key.as_deref()));
        app.record.repeat.fix("--client", app.client());
        let input = AppendEvents {
            stream: self.stream,
            expected: self.expect_version,
            batch,
            client_id: app.client(),
            correlation_id: self.origin.correlation_id,
            causation_id: self.origin.causation_id,
            idempotency_key: key,
            time: RecordTime::StoreClock,
            force: self.force,
        };
        let is_table = app.out.format() == Format::Table;
        let shown = if is_table { draw_write::appended_text(&input.batch) } else { Vec::new() };
        let report = append_events(&store, input).await?;
        if report.outcome == CommandResult::AlreadyApplied {
            app.record.applied_before(&report.stream, report.version, report.position, report.events.len() as u64);
        }
        app.warn_clock_behind(report.clock_behind_micros);
        app.out.one(&report, |sheet| draw_write::draw_append(&report, &shown, app.out.settings(), sheet))
    }

    fn single(&self) -> Result<EventInput, CliError> {
        // clap requires both.
        let (Some(event_type), Some(data)) = (&self.event_type, &self.data) else {
            return Err(CliError::usage("missing --type and --data, or --batch"));
        };
        let object = |what: &str, text: &str| {
            let text = InputSource::of_data(text).read_text(MAX_DATA_BYTES)?;
            JsonObject::parse(&text).map_err(|error| CliError::from(error).in_argument(what))
        };
        Ok(EventInput {
            event_id: self.event_id,
            event_type: event_type.clone(),
            schema_version: self.schema_version,
            data: object("--data", data)?,
            metadata: self.metadata.as_deref().map_or(Ok(JsonObject::empty()), |text| object("--metadata", text))?,
        })
    }
}

fn read_batch(file: &str) -> Result<Vec<EventInput>, CliError> {
    let source = InputSource::of_file(file);
    let name = source.name().into_owned();
    let mut lines = LineReader::open(&source)?;
    let mut batch = Vec::new();
    let mut lines_of_ids = HashMap::new();
    while let Some(line) = lines.next_line()? {
        if batch.len() == MAX_BATCH {
            let error = CliError::usage(format!("{name} has more than {MAX_BATCH} events"));
            return Err(error.code("batch_too_large").hint("split it into several batches: a batch is one transaction"));
        }
        let bad = |reason: String| {
            let error = CliError::usage(format!("{name}, line {}: {reason}", line.number)).code("bad_batch");
            error.with("line", line.number).hint("none of the batch was applied")
        };
        let event = read_line(line.text).map_err(bad)?;
        if let Some(id) = event.event_id
            && let Some(first) = lines_of_ids.insert(id, line.number)
        {
            return Err(bad(format!("event_id {id} is that of line {first} too")));
        }
        batch.push(event);
    }
    if batch.is_empty() {
        return Err(CliError::usage(format!("{name} has no events")).code("no_events"));
    }
    Ok(batch)
}

fn read_line(text: &str) -> Result<EventInput, String> {
    // serde would read an array of the right length as the fields of the object.
    if text.trim_start().starts_with('[') {
        return Err("expected a JSON object like {\"type\":\"order.placed\",\"data\":{}}, found an array".into());
    }
    let line: BatchLine<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let metadata = line.metadata.map_or(Ok(JsonObject::empty()), |raw| JsonObject::parse(raw.get()));
    let event = EventInput {
        event_id: line.event_id.as_deref().map(event_id).transpose().map_err(|error| format!("event_id: {error}"))?,
        event_type: EventType::parse(&line.event_type).map_err(|error| error.to_string())?,
        schema_version: line.schema_version.map_or(1, NonZeroU32::get),
        data: JsonObject::parse(line.data.get()).map_err(|error| format!("data: {error}"))?,
        metadata: metadata.map_err(|error| format!("metadata: {error}"))?,
    };
    // The store checks this again, but does not know lines.
    let (bytes, most) = (event.data.as_str().len() + event.metadata.as_str().len(), Limits::default().event_bytes);
    if bytes > most {
        return Err(format!("an event of {bytes} bytes exceeds the limit of {most} bytes"));
    }
    Ok(event)
}
