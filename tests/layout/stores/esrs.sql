-- The columns of esrs 0.18: a table for each type of aggregate.
CREATE TABLE wallet_events (id uuid NOT NULL PRIMARY KEY, aggregate_id uuid NOT NULL, payload jsonb NOT NULL, occurred_on timestamptz NOT NULL DEFAULT now(),
    sequence_number integer NOT NULL DEFAULT 1, version integer, UNIQUE (aggregate_id, sequence_number));
CREATE TABLE order_events (LIKE wallet_events INCLUDING ALL);
