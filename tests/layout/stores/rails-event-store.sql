-- The columns of Rails Event Store 2.
CREATE TABLE event_store_events (id bigserial PRIMARY KEY, event_id uuid NOT NULL, event_type varchar NOT NULL, metadata jsonb, data jsonb NOT NULL,
    created_at timestamp(6) NOT NULL, valid_at timestamp(6));
CREATE UNIQUE INDEX ON event_store_events (event_id);
CREATE TABLE event_store_events_in_streams (id bigserial PRIMARY KEY, stream varchar NOT NULL, position integer, event_id uuid NOT NULL,
    created_at timestamp(6) NOT NULL);
CREATE UNIQUE INDEX ON event_store_events_in_streams (stream, position);
INSERT INTO event_store_events VALUES
    (1, '00000000-0000-4000-8000-000000000001', 'Opened', '{"correlation_id":"c","timestamp":"2026-11-01T10:00:00.000Z"}', '{"owner":"Ann"}', '2026-11-01 10:00:00', NULL),
    (2, '00000000-0000-4000-8000-000000000002', 'Added', NULL, '{"amount":3}', '2026-11-01 10:00:01', '2026-10-01 10:00:00');
-- The second event is linked to further streams.
INSERT INTO event_store_events_in_streams VALUES
    (1, 'Wallet$w1', NULL, '00000000-0000-4000-8000-000000000001', '2026-11-01 10:00:00'), (2, 'Wallet$w1', NULL, '00000000-0000-4000-8000-000000000002', '2026-11-01 10:00:01'),
    (3, '$by_type_Added', NULL, '00000000-0000-4000-8000-000000000002', '2026-11-01 10:00:01');
