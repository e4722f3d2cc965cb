-- The columns of commanded/eventstore 1.
CREATE TABLE streams (stream_id bigserial PRIMARY KEY, stream_uuid text NOT NULL UNIQUE, stream_version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE events (event_id uuid NOT NULL PRIMARY KEY, event_type text NOT NULL, causation_id uuid, correlation_id uuid,
    data bytea NOT NULL, metadata bytea, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE stream_events (event_id uuid NOT NULL REFERENCES events, stream_id bigint NOT NULL REFERENCES streams, stream_version bigint NOT NULL,
    original_stream_id bigint REFERENCES streams, original_stream_version bigint, PRIMARY KEY (event_id, stream_id));
CREATE UNIQUE INDEX ON stream_events (stream_id, stream_version);
CREATE TABLE subscriptions (subscription_id bigserial PRIMARY KEY, stream_uuid text NOT NULL, subscription_name text NOT NULL, last_seen bigint);
INSERT INTO streams VALUES (0, '$all', 2, '2026-11-01 10:00:00Z'), (1, 'wallet-w1', 2, '2026-11-01 10:00:00Z'), (2, 'link-1', 1, '2026-11-01 10:00:00Z');
INSERT INTO events VALUES
    ('00000000-0000-4000-8000-000000000001', 'Elixir.Opened', NULL, '00000000-0000-4000-8000-00000000000c', '{"owner":"Ann"}', '{"user":"ann"}', '2026-11-01 10:00:00Z'),
    ('00000000-0000-4000-8000-000000000002', 'Elixir.Added', '00000000-0000-4000-8000-000000000001', NULL, '\x836d', NULL, '2026-11-01 10:00:01Z');
-- An event is in its stream, in the stream of all, and perhaps linked to others.
INSERT INTO stream_events VALUES
    ('00000000-0000-4000-8000-000000000001', 1, 1, 1, 1), ('00000000-0000-4000-8000-000000000001', 0, 1, 1, 1),
    ('00000000-0000-4000-8000-000000000002', 1, 2, 1, 2), ('00000000-0000-4000-8000-000000000002', 0, 2, 1, 2), ('00000000-0000-4000-8000-000000000002', 2, 1, 1, 2);
INSERT INTO subscriptions VALUES (1, '$all', 'mails', 1);
