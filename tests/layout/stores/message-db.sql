-- The columns of Message DB 1.3.
CREATE TABLE messages (global_position bigserial NOT NULL PRIMARY KEY, position bigint NOT NULL,
    time timestamp without time zone NOT NULL DEFAULT (now() AT TIME ZONE 'utc'), stream_name text NOT NULL, type text NOT NULL,
    data jsonb, metadata jsonb, id uuid NOT NULL DEFAULT gen_random_uuid());
CREATE UNIQUE INDEX messages_id ON messages (id);
CREATE UNIQUE INDEX messages_stream ON messages (stream_name, position);
INSERT INTO messages (stream_name, position, time, type, data, id) VALUES
    ('wallet-1', 0, '2026-11-01 09:00:00', 'Opened', '{"owner":"Ann"}', '00000000-0000-4000-8000-000000000003'),
    ('wallet-1', 1, '2026-11-01 09:00:01', 'Added', '{"amount":3}', '00000000-0000-4000-8000-000000000004');
INSERT INTO messages (stream_name, position, time, type, data, metadata, id) VALUES
    ('wallet:command-1', 0, '2026-11-01 10:00:00', 'Add', '{"huge":123456789012345678901234567890}', '{"correlationId":"c","userId":"ann"}', '00000000-0000-4000-8000-000000000001'),
    ('wallet', 0, '2026-11-01 10:00:01', 'CategoryOnly', NULL, NULL, '00000000-0000-4000-8000-000000000002');
