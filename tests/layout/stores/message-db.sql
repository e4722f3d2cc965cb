-- The columns of Message DB 1.3.
CREATE TABLE messages (global_position bigserial NOT NULL PRIMARY KEY, position bigint NOT NULL,
    time timestamp without time zone NOT NULL DEFAULT (now() AT TIME ZONE 'utc'), stream_name text NOT NULL, type text NOT NULL,
    data jsonb, metadata jsonb, id uuid NOT NULL DEFAULT gen_random_uuid());
CREATE UNIQUE INDEX messages_id ON messages (id);
CREATE UNIQUE INDEX messages_stream ON messages (stream_name, position);
INSERT INTO messages (stream_name, position, type, data) VALUES ('wallet-1', 0, 'Opened', '{"owner":"Ann"}'), ('wallet-1', 1, 'Added', '{"amount":3}');
