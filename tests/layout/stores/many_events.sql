-- message-db
INSERT INTO messages (stream_name, position, type, data) SELECT 'wallet-' || (n % (:n / 10)), n / (:n / 10), 'Added', '{"amount":3}' FROM generate_series(0, :n - 1) n;
-- marten
INSERT INTO mt_streams (id, type, version) SELECT md5(n::text)::uuid, 'wallet', 10 FROM generate_series(0, :n / 10 - 1) n;
INSERT INTO mt_events (seq_id, id, stream_id, version, data, type) SELECT n + 1, md5('e' || n)::uuid, md5((n % (:n / 10))::text)::uuid, n / (:n / 10) + 1, '{"amount":3}', 'added' FROM generate_series(0, :n - 1) n;
-- eventuous-postgres
INSERT INTO streams (stream_name, version) SELECT 'wallet-' || n, 9 FROM generate_series(0, :n / 10 - 1) n;
INSERT INTO messages (message_id, message_type, stream_id, stream_position, json_data, created) SELECT md5(n::text)::uuid, 'Added', n % (:n / 10) + 1, n / (:n / 10), '{"amount":3}', now() FROM generate_series(0, :n - 1) n;
-- cqrs-event-store
INSERT INTO event_store SELECT 'e' || n, 'user.renamed', 'u' || (n % (:n / 10)), 'user', n / (:n / 10) + 1, now(), '{"amount":3}' FROM generate_series(0, :n - 1) n;
-- postgres-es
INSERT INTO events SELECT 'wallet', 'w' || (n % (:n / 10)), n / (:n / 10) + 1, 'Opened', '1.0', '{"Opened":{"owner":"Ann"}}', '{}' FROM generate_series(0, :n - 1) n;
-- eventsourcing-postgres
INSERT INTO shop_events (originator_id, originator_version, topic, state) SELECT md5((n % (:n / 10))::text)::uuid, n / (:n / 10) + 1, 'shop.domain:Wallet.Added', '{"timestamp":{"_data_":"2026-11-01T10:00:00.000001+00:00"}}' FROM generate_series(0, :n - 1) n;
-- akka-persistence-jdbc
INSERT INTO event_journal (persistence_id, sequence_number, writer, write_timestamp, event_ser_id, event_ser_manifest, event_payload) SELECT 'Wallet|' || (n % (:n / 10)), n / (:n / 10) + 1, 'w', 1793527200000, 4, 'Added', '\xff00' FROM generate_series(0, :n - 1) n;
-- commanded
INSERT INTO streams SELECT n, 'wallet-' || n, 10 FROM generate_series(1, :n / 10) n;
INSERT INTO streams VALUES (0, '$all', :n);
INSERT INTO events (event_id, event_type, data) SELECT md5(n::text)::uuid, 'Elixir.Added', '{"amount":3}' FROM generate_series(0, :n - 1) n;
INSERT INTO stream_events SELECT md5(n::text)::uuid, 0, n + 1, n % (:n / 10) + 1, n / (:n / 10) + 1 FROM generate_series(0, :n - 1) n;
INSERT INTO stream_events SELECT md5(n::text)::uuid, n % (:n / 10) + 1, n / (:n / 10) + 1, n % (:n / 10) + 1, n / (:n / 10) + 1 FROM generate_series(0, :n - 1) n;
-- emmett-sqlite
WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :n / 10 - 1) INSERT INTO emt_streams (stream_id, stream_position, stream_type, stream_metadata) SELECT 'wallet-' || n, 10, 'wallet', '{}' FROM number;
WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :n - 1) INSERT INTO emt_messages (stream_id, stream_position, message_kind, message_data, message_metadata, message_schema_version, message_type, message_id, created) SELECT 'wallet-' || (n % (:n / 10)), n / (:n / 10) + 1, 'E', '{"amount":3}', '{}', '1', 'Added', 'm' || n, '2026-11-01 10:00:00' FROM number;
-- eventsourcing-sqlite
WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :n - 1) INSERT INTO stored_events (originator_id, originator_version, topic, state) SELECT printf('%032x', n % (:n / 10)), n / (:n / 10) + 1, 'shop.domain:Wallet.Added', '{"timestamp":{"_data_":"2026-11-01T10:00:00.000001+00:00"}}' FROM number;
-- sqlite-es
WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :n - 1) INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata) SELECT 'wallet', 'w' || (n % (:n / 10)), n / (:n / 10) + 1, 'Opened', '1.0', '{"Opened":{"owner":"Ann"}}', '{}' FROM number;
