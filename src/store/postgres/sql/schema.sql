-- The schema of version 1; version_2.sql and version_3.sql add to it. search_path contains only the schema of the store, at
-- its creation and in use.
CREATE TABLE esctl_meta (
    one            int2 PRIMARY KEY CHECK (one = 1),
    schema_version int4 NOT NULL
);
INSERT INTO esctl_meta VALUES (1, 2);

-- data and metadata: json keeps the canonical text byte for byte, which the hash needs.
CREATE TABLE events (
    position       int8 PRIMARY KEY,
    version        int8 NOT NULL,
    recorded_at    int8 NOT NULL, -- microseconds since 1970
    event_id       uuid NOT NULL,
    schema_version int4 NOT NULL,
    stream         text COLLATE "C" NOT NULL,
    type           text COLLATE "C" NOT NULL,
    hash           bytea NOT NULL,
    data           json NOT NULL,
    metadata       json NOT NULL
);
CREATE UNIQUE INDEX events_by_id ON events (event_id);
CREATE UNIQUE INDEX events_by_stream ON events (stream, version);

-- The recorded head, on which the next event follows. max(position) would hide that the last event was removed.
CREATE TABLE head (
    one         int2 PRIMARY KEY CHECK (one = 1),
    position    int8 NOT NULL,
    recorded_at int8 NOT NULL,
    hash        bytea NOT NULL
) WITH (fillfactor = 10);
INSERT INTO head VALUES (1, 0, 0, decode(repeat('00', 32), 'hex'));

CREATE TABLE snapshots (
    stream          text COLLATE "C" NOT NULL,
    reducer         text COLLATE "C" NOT NULL,
    version         int8 NOT NULL,
    event_hash      bytea NOT NULL,
    reducer_version int8 NOT NULL,
    taken_at        int8 NOT NULL,
    state           json NOT NULL,
    state_hash      bytea NOT NULL,
    PRIMARY KEY (stream, reducer, version)
);
