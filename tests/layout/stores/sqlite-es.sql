-- The columns of sqlite-es 0.5.
CREATE TABLE events (aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, sequence INTEGER NOT NULL, event_type TEXT NOT NULL, event_version TEXT NOT NULL,
    payload TEXT NOT NULL, metadata TEXT NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence));
CREATE TABLE snapshots (aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, last_sequence INTEGER NOT NULL, current_snapshot INTEGER NOT NULL, payload TEXT NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, last_sequence));
