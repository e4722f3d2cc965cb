-- The columns of sqlite-es 0.5.
CREATE TABLE events (aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, sequence INTEGER NOT NULL, event_type TEXT NOT NULL, event_version TEXT NOT NULL,
    payload TEXT NOT NULL, metadata TEXT NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence));
CREATE TABLE snapshots (aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, last_sequence INTEGER NOT NULL, current_snapshot INTEGER NOT NULL, payload TEXT NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, last_sequence));
INSERT INTO events VALUES
    ('wallet', 'w1', 1, 'Opened', '1.0', '{"Opened":{"owner":"Ann","big":123456789012345678901234567890}}', '{"correlationId":"c","time":"2026-11-01T10:00:00Z"}'),
    ('wallet', 'w1', 2, 'Closed', '1.0', '"Closed"', '{}');
INSERT INTO snapshots VALUES ('wallet', 'w1', 2, 1, '{"gold":0}');
