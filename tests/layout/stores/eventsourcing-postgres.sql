-- The columns of Python eventsourcing 9.
CREATE TABLE shop_events (originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text, state bytea,
    notification_id serial, PRIMARY KEY (originator_id, originator_version));
CREATE UNIQUE INDEX shop_events_notification_id_idx ON shop_events (notification_id);
CREATE TABLE shop_snapshots (originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text, state bytea,
    PRIMARY KEY (originator_id, originator_version));
