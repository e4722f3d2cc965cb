-- The unique indexes of the store.
CREATE UNIQUE INDEX IF NOT EXISTS bare_events_by_id ON bare_events (event_id);
CREATE UNIQUE INDEX IF NOT EXISTS bare_events_by_stream ON bare_events (stream, version)
