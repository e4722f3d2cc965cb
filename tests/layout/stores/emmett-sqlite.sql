-- The columns of Emmett SQLite 0.38.
CREATE TABLE emt_streams (stream_id TEXT NOT NULL, stream_position BIGINT NOT NULL DEFAULT 0, partition TEXT NOT NULL DEFAULT 'global', stream_type TEXT NOT NULL,
    stream_metadata JSONB NOT NULL, is_archived BOOLEAN NOT NULL DEFAULT FALSE, PRIMARY KEY (stream_id, partition, is_archived));
CREATE TABLE emt_messages (stream_id TEXT NOT NULL, stream_position BIGINT NOT NULL, partition TEXT NOT NULL DEFAULT 'global', message_kind CHAR(1) NOT NULL DEFAULT 'E',
    message_data JSONB NOT NULL, message_metadata JSONB NOT NULL, message_schema_version TEXT NOT NULL, message_type TEXT NOT NULL, message_id TEXT NOT NULL,
    is_archived BOOLEAN NOT NULL DEFAULT FALSE, global_position INTEGER PRIMARY KEY, created DATETIME DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (stream_id, stream_position, partition, is_archived));
CREATE TABLE emt_subscriptions (subscription_id TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1, partition TEXT NOT NULL DEFAULT 'global', last_processed_position BIGINT NOT NULL,
    PRIMARY KEY (subscription_id, partition, version));
INSERT INTO emt_streams VALUES ('wallet-w1', 2, 'global', 'wallet', '{}', 0);
INSERT INTO emt_messages VALUES
    ('wallet-w1', 1, 'global', 'E', '{"owner":"Ann"}', '{"correlationId":"c"}', '1', 'Opened', 'm1', 0, 1, '2026-11-01 10:00:00'),
    ('wallet-w1', 2, 'global', 'E', '{"amount":3}', '{"causationId":"m1"}', '1', 'Added', 'm2', 0, 2, '2026-11-01 10:00:01');
