-- The table of the CQRS example.
CREATE TABLE event_store (event_id varchar(36) PRIMARY KEY, event_type varchar(255) NOT NULL, aggregate_id varchar(36) NOT NULL, aggregate_type varchar(255) NOT NULL,
    version bigint NOT NULL, timestamp timestamp NOT NULL, data jsonb NOT NULL, metadata jsonb, UNIQUE (aggregate_id, version));
