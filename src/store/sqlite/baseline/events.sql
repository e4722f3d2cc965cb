-- The columns of events, without indexes besides the key; only in scratch stores.
CREATE TABLE IF NOT EXISTS bare_events (
    position       INTEGER PRIMARY KEY,
    event_id       BLOB    NOT NULL,
    stream         INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    type           INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    data           TEXT    NOT NULL,
    metadata       TEXT    NOT NULL,
    hash           BLOB    NOT NULL
) STRICT
