//! The names that columns of events have, in the order of preference.

/// The role of a column in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Version,
    Stream,
    Category,
    Position,
    Type,
    Time,
    Id,
    Data,
    Metadata,
    CorrelationId,
    CausationId,
    ClientId,
    SchemaVersion,
    Tenant,
}

/// Returns the names of a role.
pub(super) fn words(role: Role) -> &'static [&'static str] {
    match role {
        Role::Version => &[
            "stream_version",
            "aggregate_version",
            "entity_version",
            "stream_position",
            "stream_revision",
            "originator_version",
            "version",
            "sequence_number",
            "sequence_num",
            "sequence_nr",
            "event_number",
            "event_no",
            "event_sequence",
            "sequence",
            "server_seq",
            "seq_no",
            "seq_num",
            "seq_nr",
            "seq",
            "revision",
            "playhead",
            "rev",
            "ordinal",
            "index",
            "position",
            "number",
            "nr",
            "no",
            "id",
        ],
        Role::Stream => &[
            "stream_name",
            "stream_uuid",
            "stream_id",
            "aggregate_id",
            "aggregate_root_id",
            "originator_id",
            "entity_id",
            "persistence_id",
            "document_id",
            "source_id",
            "subject_id",
            "stream",
            "subject",
            "aggregate_uuid",
            "aggregate_identifier",
            "entity",
        ],
        Role::Category => &[
            "aggregate_type",
            "stream_type",
            "stream_category",
            "aggregate_name",
            "aggregate_root_type",
            "entity_kind",
            "entity_type",
            "category",
            "aggregate",
            "source_type",
        ],
        Role::Position => &[
            "global_position",
            "global_seq",
            "global_sequence",
            "global_version",
            "global_id",
            "global_index",
            "sequence_number",
            "sequence_num",
            "notification_id",
            "position",
            "ordering",
            "offset",
            "seq_id",
            "seq_no",
            "seq",
            "sequence",
            "log_position",
            "event_number",
            "row_id",
            "id",
        ],
        Role::Type => &[
            "event_type",
            "message_type",
            "event_name",
            "event_kind",
            "event_class",
            "payload_type",
            "type_name",
            "type",
            "topic",
            "name",
            "kind",
            "operation",
            "action",
        ],
        Role::Time => &[
            "recorded_at",
            "recorded_on",
            "stored_at",
            "inserted_at",
            "created_at",
            "created_on",
            "occurred_at",
            "occurred_on",
            "event_time",
            "event_timestamp",
            "time_stamp",
            "timestamp",
            "created",
            "recorded",
            "occurred",
            "written_at",
            "time",
            "ts",
            "at",
            "date",
        ],
        Role::Id => &["event_id", "event_uuid", "event_identifier", "message_id", "id", "uuid", "guid", "_id"],
        Role::Data => &[
            "event_data",
            "message_data",
            "event_payload",
            "payload",
            "payload_json",
            "data",
            "json_data",
            "event_body",
            "event_properties",
            "properties",
            "event",
            "body",
            "content",
            "diff",
            "state",
            "details",
            "changes",
            "attributes",
            "value",
        ],
        Role::Metadata => &[
            "event_metadata",
            "message_metadata",
            "json_metadata",
            "metadata",
            "meta_data",
            "meta",
            "headers",
            "event_context",
            "context",
        ],
        Role::CorrelationId => &["correlation_id", "trace_id"],
        Role::CausationId => &["causation_id"],
        Role::ClientId => &["client_id", "user_id", "user_name", "actor_id", "actor", "created_by", "player_id"],
        Role::SchemaVersion => &["schema_version", "schema_ver", "event_version", "payload_version", "payload_revision"],
        Role::Tenant => &["tenant_id", "tenant", "org_id", "organization_id", "workspace_id", "partition", "bucket"],
    }
}

/// Returns a name in lower case with `_` between its words: `aggregateId` becomes `aggregate_id`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = c.is_lowercase() || c.is_ascii_digit();
        snake.extend(c.to_lowercase().map(|c| if c == '-' || c == ' ' { '_' } else { c }));
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_of_several_styles_are_the_same_words() {
        for name in ["aggregate_id", "aggregateId", "AggregateId", "aggregate-id", "AGGREGATE_ID"] {
            assert_eq!(snake(name), "aggregate_id", "{name}");
        }
        assert_eq!(snake("_id"), "_id");
        assert_eq!(snake("AggregateID"), "aggregate_id");
    }
}
