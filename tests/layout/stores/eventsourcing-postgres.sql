-- The columns of Python eventsourcing 9.
CREATE TABLE shop_events (originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text, state bytea,
    notification_id bigserial, PRIMARY KEY (originator_id, originator_version));
CREATE UNIQUE INDEX shop_events_notification_id_idx ON shop_events (notification_id);
CREATE TABLE shop_snapshots (originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text, state bytea,
    PRIMARY KEY (originator_id, originator_version));
INSERT INTO shop_events VALUES
    ('00000000-0000-4000-8000-0000000000f1', 1, 'shop.domain:Wallet.Opened', '{"timestamp":{"_type_":"datetime_iso","_data_":"2026-11-01T10:00:00.000001+00:00"},"owner":"Ann","big":9223372036854775807123}'),
    ('00000000-0000-4000-8000-0000000000f1', 2, 'shop.domain:Wallet.Added', '{"timestamp":{"_type_":"datetime_iso","_data_":"2026-11-01T11:00:01+01:00"},"n":3}');
