-- The schema of version 1; version_2.sql and version_3.sql add to it. Streams and types are interned: an event refers to them
-- by number.
CREATE TABLE streams (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE types (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE events (
    position       INTEGER PRIMARY KEY,
    event_id       BLOB    NOT NULL,
    stream         INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    type           INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL, -- microseconds since 1970
    data           TEXT    NOT NULL, -- canonical JSON
    metadata       TEXT    NOT NULL, -- canonical JSON
    hash           BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_id ON events (event_id);
CREATE UNIQUE INDEX events_by_stream ON events (stream, version);

-- The recorded head, on which the next event follows. max(position) would hide that the last event was removed.
CREATE TABLE head (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    position    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    hash        BLOB    NOT NULL
) STRICT;
INSERT INTO head VALUES (1, 0, 0, zeroblob(32));

CREATE TABLE snapshots (
    stream          TEXT    NOT NULL,
    reducer         TEXT    NOT NULL,
    version         INTEGER NOT NULL,
    event_hash      BLOB    NOT NULL,
    reducer_version INTEGER NOT NULL,
    taken_at        INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    state_hash      BLOB    NOT NULL,
    PRIMARY KEY (stream, reducer, version)
) STRICT, WITHOUT ROWID;

-- Readable events for operators: sqlite3 FILE 'select * from log limit 10'
CREATE VIEW log AS
SELECT e.position,
       s.name AS stream,
       e.version,
       t.name AS type,
       strftime('%Y-%m-%dT%H:%M:%S', e.recorded_at / 1000000, 'unixepoch') || printf('.%06dZ', e.recorded_at % 1000000) AS recorded_at,
       e.data,
       e.metadata
FROM events e
JOIN streams s ON s.id = e.stream
JOIN types t ON t.id = e.type;
