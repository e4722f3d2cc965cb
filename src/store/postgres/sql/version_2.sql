-- One row for each read model; its rows are in a table rm_NAME, rm_NAME_building while it is rebuilt, and
-- rm_NAME_previous after that.
CREATE TABLE read_models (
    name          text COLLATE "C" NOT NULL,
    part          text COLLATE "C" NOT NULL, -- live, building, previous
    commits       int8 NOT NULL,
    logic_version int8 NOT NULL,
    position      int8 NOT NULL,
    event_id      uuid,
    updated_at    int8 NOT NULL,
    PRIMARY KEY (name, part)
);

-- The failed events of projections.
CREATE TABLE problems (
    name     text COLLATE "C" NOT NULL,
    part     text COLLATE "C" NOT NULL,
    event_id uuid NOT NULL,
    position int8 NOT NULL,
    problem  json NOT NULL,
    PRIMARY KEY (name, part, event_id)
);
CREATE INDEX problems_by_position ON problems (name, part, position);

CREATE TABLE records (
    kind  text COLLATE "C" NOT NULL,
    name  text COLLATE "C" NOT NULL,
    value json NOT NULL,
    PRIMARY KEY (kind, name)
);
