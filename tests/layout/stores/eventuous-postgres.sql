-- The columns of Eventuous PostgreSQL.
CREATE TABLE streams (stream_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream_name varchar NOT NULL UNIQUE, version integer NOT NULL DEFAULT -1);
CREATE TABLE messages (message_id uuid NOT NULL, message_type varchar NOT NULL, stream_id integer NOT NULL REFERENCES streams, stream_position integer NOT NULL,
    global_position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, json_data jsonb NOT NULL, json_metadata jsonb, created timestamp NOT NULL,
    UNIQUE (stream_id, stream_position), UNIQUE (stream_id, message_id));
CREATE TABLE checkpoints (id varchar NOT NULL PRIMARY KEY, position bigint);
INSERT INTO streams (stream_name, version) VALUES ('wallet-w1', 1);
INSERT INTO messages (message_id, message_type, stream_id, stream_position, json_data, json_metadata, created) VALUES
    ('00000000-0000-4000-8000-000000000001', 'Opened', 1, 0, '{"owner":"Ann"}', '{"$correlationId":"c","$causationId":"b","x":1}', '2026-11-01 10:00:00'),
    ('00000000-0000-4000-8000-000000000002', 'Added', 1, 1, '{"amount":3}', NULL, '2026-11-01 10:00:01');
INSERT INTO checkpoints VALUES ('mails', 1);
