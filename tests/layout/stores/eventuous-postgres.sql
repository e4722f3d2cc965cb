-- The columns of Eventuous PostgreSQL.
CREATE TABLE streams (stream_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream_name varchar NOT NULL UNIQUE, version integer NOT NULL DEFAULT -1);
CREATE TABLE messages (message_id uuid NOT NULL, message_type varchar NOT NULL, stream_id integer NOT NULL REFERENCES streams, stream_position integer NOT NULL,
    global_position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, json_data jsonb NOT NULL, json_metadata jsonb, created timestamp NOT NULL,
    UNIQUE (stream_id, stream_position), UNIQUE (stream_id, message_id));
CREATE TABLE checkpoints (id varchar NOT NULL PRIMARY KEY, position bigint);
