-- One row for each read model; its rows are in a table rm_NAME, rm_NAME_building while it is rebuilt, and
-- rm_NAME_previous after that.
CREATE TABLE read_models (
    name          TEXT    NOT NULL,
    part          TEXT    NOT NULL, -- live, building, previous
    commits       INTEGER NOT NULL,
    logic_version INTEGER NOT NULL,
    position      INTEGER NOT NULL,
    event_id      BLOB,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (name, part)
) STRICT, WITHOUT ROWID;

-- The failed events of projections.
CREATE TABLE problems (
    name     TEXT    NOT NULL,
    part     TEXT    NOT NULL,
    event_id BLOB    NOT NULL,
    position INTEGER NOT NULL,
    problem  TEXT    NOT NULL, -- JSON
    PRIMARY KEY (name, part, event_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    value TEXT NOT NULL, -- JSON
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
