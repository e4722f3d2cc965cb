//! The typed model of a layout. Its JSON has the keys of the file.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::store::foreign::Engine;
use crate::store::layout::column_ref::ColumnRef;
use crate::store::layout::table_name::TableName;

/// A map of a table or collection to events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layout {
    /// The library or application, for people.
    pub title: String,
    /// The kind of database.
    pub engine: Engine,
    /// The schema of the tables; `None` for the schema in which they are found.
    pub schema: Option<String>,
    /// Further columns by which a store is recognised, by table.
    pub detect: BTreeMap<TableName, Vec<String>>,
    /// The map of the rows to events.
    pub events: Events,
    /// The rows of one stream, where they are not found in the same way as those of all.
    pub one_stream: Option<OneStream>,
    /// The table of streams.
    pub streams: Option<Streams>,
    /// The table of the places that readers have reached.
    pub checkpoints: Option<Checkpoints>,
    /// The table of snapshots.
    pub snapshots: Option<Snapshots>,
    /// The rule for following.
    pub follow: Option<FollowRule>,
}

/// The rows of a table, with the tables joined to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rows {
    /// The table or collection.
    pub from: TableName,
    /// The alias of the table in references to columns.
    pub alias: String,
    /// The joined tables.
    pub join: Vec<Join>,
    /// The conditions that rows must meet.
    #[serde(rename = "where")]
    pub conditions: Vec<Condition>,
}

/// A joined table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Join {
    /// The table.
    pub table: TableName,
    /// The alias in references to columns.
    pub alias: String,
    /// The pairs of columns with equal values.
    pub on: Vec<[ColumnRef; 2]>,
    /// The column whose lowest value chooses one of several rows.
    pub first_by: Option<ColumnRef>,
}

/// A condition on a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Condition {
    /// The column.
    pub column: ColumnRef,
    /// The test of its value.
    #[serde(flatten)]
    pub test: ConditionTest,
}

/// The test of a condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionTest {
    /// Equal to a text, a whole number, or true or false.
    Is(Value),
    /// Not equal to it.
    IsNot(Value),
    /// Equal to one of these.
    In(Vec<Value>),
    /// Equal to another column.
    SameAs(ColumnRef),
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_one(number: &i64) -> bool {
    *number == 1
}

/// The map of rows to events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Events {
    /// The rows.
    #[serde(flatten)]
    pub rows: Rows,
    /// The meaning of several tables that match the pattern of `from`.
    pub tables: Option<Tables>,
    /// The array of a document that holds the events of one stream, in MongoDB.
    pub unwind: Option<String>,
    /// The order over all streams, if the store has one.
    pub position: Option<ColumnRef>,
    /// The lowest position that the store gives out, 0 or 1.
    #[serde(skip_serializing_if = "is_one")]
    pub first_position: i64,
    /// The name of the stream, if the store has streams.
    pub stream: Option<StreamKey>,
    /// The version in the stream.
    pub version: Option<Version>,
    /// The type of the event.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// The time.
    pub time: Option<Time>,
    /// The id.
    pub id: Option<ColumnRef>,
    /// The data.
    pub data: Payload,
    /// The metadata.
    pub metadata: Option<Metadata>,
    /// The column of the correlation id.
    pub correlation_id: Option<ColumnRef>,
    /// The column of the causation id.
    pub causation_id: Option<ColumnRef>,
    /// The column of the client.
    pub client_id: Option<ColumnRef>,
    /// Further columns, shown as the source of an event.
    pub extra: BTreeMap<String, ColumnRef>,
    /// The condition for events that are only shown on request.
    pub hidden: Option<Condition>,
}

/// The meaning of several tables that match one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tables {
    /// Each table is a store of its own.
    One,
    /// All tables together are one store.
    All,
}

/// The columns that make the name of a stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamKey {
    /// The text before the parts; it may hold the placeholder of the table.
    pub prefix: Option<String>,
    /// The columns whose values make the name.
    pub parts: Vec<ColumnRef>,
    /// The text between the parts.
    pub separator: String,
    /// The columns with which the unique index begins, if they are fewer than the parts.
    pub key: Vec<ColumnRef>,
    /// The number in place of the name in the table of events.
    pub number: Option<StreamNumber>,
    /// The text between category and id, if it is not a dash.
    pub category_separator: Option<String>,
    /// The function of the library that returns the category and has an index. Only in a built-in layout.
    pub category_function: Option<String>,
}

/// A number in place of the name of a stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamNumber {
    /// The column with the number in the table of events.
    pub column: ColumnRef,
    /// The column with the number in the joined table of names.
    pub key: ColumnRef,
}

/// The version of an event in its stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Version {
    /// The column; `None` for the place in the array of a document.
    pub column: Option<ColumnRef>,
    /// The version of the first event of a stream.
    pub first: i64,
}

/// The type of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeName {
    /// The column.
    pub column: ColumnRef,
    /// The key of a JSON object whose value is the type.
    pub json: Option<String>,
    /// True if the type is the only key of a JSON object.
    pub key: bool,
    /// The text after whose first place the type begins.
    pub after: Option<String>,
}

/// The time of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Time {
    /// The column.
    pub column: ColumnRef,
    /// The form of the value.
    #[serde(rename = "as")]
    pub form: TimeForm,
    /// The keys that lead to the time in JSON.
    pub path: Vec<String>,
}

/// The form of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeForm {
    /// A moment, in a type of PostgreSQL.
    Timestamptz,
    /// A time without a zone, in UTC.
    Utc,
    /// Seconds since 1970.
    EpochS,
    /// Milliseconds since 1970.
    EpochMs,
    /// Microseconds since 1970.
    EpochUs,
    /// A text such as `2026-11-01T10:00:00Z`.
    Rfc3339,
    /// A date of MongoDB.
    Date,
    /// The time within an identifier of MongoDB.
    Objectid,
}

/// The form of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataForm {
    /// JSON, in a type of its own, in text or in bytes.
    Json,
    /// Text, which is read as JSON where it is JSON.
    Text,
    /// Bytes, which are read as JSON where they are JSON.
    Bytes,
    /// The number of a large object of PostgreSQL.
    LargeObject,
    /// A value of MongoDB.
    Bson,
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Payload {
    /// The column, or the columns of which each becomes a key.
    pub columns: Vec<ColumnRef>,
    /// True if the columns become the keys of an object.
    pub is_object: bool,
    /// The form of the value.
    #[serde(rename = "as")]
    pub form: DataForm,
    /// True if the data is the value of the only key.
    pub unwrap: bool,
}

/// The metadata of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metadata {
    /// The values.
    #[serde(flatten)]
    pub payload: Payload,
    /// The key of the correlation id.
    pub correlation_id: Option<String>,
    /// The key of the causation id.
    pub causation_id: Option<String>,
    /// The key of the client.
    pub client_id: Option<String>,
}

/// The rows of one stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OneStream {
    /// The rows.
    #[serde(flatten)]
    pub rows: Rows,
    /// The columns that make the name of the stream; those of the events if empty.
    pub parts: Vec<ColumnRef>,
    /// The number in place of the name of the stream.
    pub number: Option<StreamNumber>,
    /// The version.
    pub version: Option<Version>,
    /// The column in whose order versions are counted.
    pub order: Option<ColumnRef>,
}

/// The table of streams.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Streams {
    /// The rows.
    #[serde(flatten)]
    pub rows: Rows,
    /// The columns that make the name.
    pub parts: Vec<ColumnRef>,
    /// The version of the last event. Without it, the table has several rows for a stream.
    pub version: Option<Version>,
}

/// The table of the places that readers have reached.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checkpoints {
    /// The rows.
    #[serde(flatten)]
    pub rows: Rows,
    /// The name of the reader.
    pub name: ColumnRef,
    /// The position of its last event.
    pub position: Option<ColumnRef>,
    /// The time of its last event.
    pub time: Option<Time>,
    /// The stream that it reads, whose versions its position counts then. No value, or `$all`: all streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<ColumnRef>,
    /// The category that it reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<ColumnRef>,
    /// The type of the events that it reads.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<ColumnRef>,
}

/// The table of snapshots.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshots {
    /// The rows.
    #[serde(flatten)]
    pub rows: Rows,
    /// The columns that make the name of the stream.
    pub parts: Vec<ColumnRef>,
    /// The version that the snapshot covers.
    pub version: Version,
    /// The state.
    pub state: Payload,
}

/// The rule by which new events are found without skipping one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FollowRule {
    /// Positions are held at a hole while a transaction of that time is open.
    Transactions,
    /// Positions become visible in their order.
    CommitOrder,
    /// The version of each stream is compared.
    Streams,
    /// The server reports changes.
    ChangeStream,
    /// Rows are numbered by SQLite.
    Rowid,
}
