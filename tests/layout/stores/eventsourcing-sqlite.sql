-- The columns of Python eventsourcing 9.
CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB, PRIMARY KEY (originator_id, originator_version));
CREATE TABLE stored_snapshots (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB, PRIMARY KEY (originator_id, originator_version)) WITHOUT ROWID;
INSERT INTO stored_events VALUES
    ('000000000000400080000000000000f1', 1, 'shop.domain:Wallet.Opened', CAST('{"timestamp":{"_type_":"datetime_iso","_data_":"2026-11-01T10:00:00.000001+00:00"},"owner":"Ann","big":9223372036854775807123}' AS BLOB)),
    ('000000000000400080000000000000f1', 2, 'shop.domain:Wallet.Added', CAST('{"timestamp":{"_type_":"datetime_iso","_data_":"2026-11-01T11:00:01+01:00"},"n":3}' AS BLOB));
