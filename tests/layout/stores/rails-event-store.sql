-- The columns of Rails Event Store 2.
CREATE TABLE event_store_events (id bigserial PRIMARY KEY, event_id uuid NOT NULL, event_type varchar NOT NULL, metadata jsonb, data jsonb NOT NULL,
    created_at timestamp(6) NOT NULL, valid_at timestamp(6));
CREATE UNIQUE INDEX ON event_store_events (event_id);
CREATE TABLE event_store_events_in_streams (id bigserial PRIMARY KEY, stream varchar NOT NULL, position integer, event_id uuid NOT NULL,
    created_at timestamp(6) NOT NULL);
CREATE UNIQUE INDEX ON event_store_events_in_streams (stream, position);
