-- The columns of commanded/eventstore 1.
CREATE TABLE streams (stream_id bigserial PRIMARY KEY, stream_uuid text NOT NULL UNIQUE, stream_version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE events (event_id uuid NOT NULL PRIMARY KEY, event_type text NOT NULL, causation_id uuid, correlation_id uuid,
    data bytea NOT NULL, metadata bytea, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE stream_events (event_id uuid NOT NULL REFERENCES events, stream_id bigint NOT NULL REFERENCES streams, stream_version bigint NOT NULL,
    original_stream_id bigint REFERENCES streams, original_stream_version bigint, PRIMARY KEY (event_id, stream_id));
CREATE UNIQUE INDEX ON stream_events (stream_id, stream_version);
CREATE TABLE subscriptions (subscription_id bigserial PRIMARY KEY, stream_uuid text NOT NULL, subscription_name text NOT NULL, last_seen bigint);
