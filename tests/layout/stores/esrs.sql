-- The columns of esrs 0.18: a table for each type of aggregate.
CREATE TABLE wallet_events (id uuid NOT NULL PRIMARY KEY, aggregate_id uuid NOT NULL, payload jsonb NOT NULL, occurred_on timestamptz NOT NULL DEFAULT now(),
    sequence_number integer NOT NULL DEFAULT 1, version integer, UNIQUE (aggregate_id, sequence_number));
CREATE TABLE order_events (LIKE wallet_events INCLUDING ALL);
INSERT INTO wallet_events VALUES
    ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000f1', '{"Opened":{"owner":"Ann"}}', '2026-11-01 10:00:00Z', 1, 1),
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-0000000000f1', '"Closed"', '2026-11-01 10:00:01Z', 2, NULL);
INSERT INTO order_events VALUES ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-0000000000f1', '{"Placed":5}', '2026-11-01 10:00:02Z', 1, 1);
