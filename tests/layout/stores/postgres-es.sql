-- The columns of postgres-es 0.5.
CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint NOT NULL CHECK (sequence >= 0),
    event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence));
CREATE TABLE snapshots (aggregate_type text NOT NULL, aggregate_id text NOT NULL, last_sequence bigint NOT NULL,
    current_snapshot bigint NOT NULL, payload json NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, last_sequence));
INSERT INTO events VALUES
    ('wallet', 'w1', 1, 'Opened', '1.0', '{"Opened":{"owner":"Ann","big":123456789012345678901234567890}}', '{"correlationId":"c","time":"2026-11-01T10:00:00Z"}'),
    ('wallet', 'w1', 2, 'Closed', '1.0', '"Closed"', '{}');
INSERT INTO snapshots VALUES ('wallet', 'w1', 2, 1, '{"gold":0}');
