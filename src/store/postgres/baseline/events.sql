-- The columns of events, without indexes besides the key; only in scratch stores.
CREATE TABLE IF NOT EXISTS bare_events (
    position       int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version        int8 NOT NULL,
    recorded_at    int8 NOT NULL,
    event_id       uuid NOT NULL,
    schema_version int4 NOT NULL,
    stream         text COLLATE "C" NOT NULL,
    type           text COLLATE "C" NOT NULL,
    hash           bytea NOT NULL,
    data           json NOT NULL,
    metadata       json NOT NULL
)
