-- The columns of Emmett PostgreSQL 0.42.
CREATE SEQUENCE emt_global_message_position;
CREATE TABLE emt_streams (stream_id text NOT NULL, stream_position bigint NOT NULL, partition text NOT NULL DEFAULT 'emt:default',
    stream_type text NOT NULL, stream_metadata jsonb NOT NULL, is_archived boolean NOT NULL DEFAULT false,
    PRIMARY KEY (stream_id, partition, is_archived)) PARTITION BY LIST (partition);
CREATE TABLE emt_streams_default PARTITION OF emt_streams FOR VALUES IN ('emt:default');
CREATE TABLE emt_messages (stream_position bigint NOT NULL, global_position bigint DEFAULT nextval('emt_global_message_position'),
    transaction_id xid8 NOT NULL, created timestamptz NOT NULL DEFAULT now(), is_archived boolean NOT NULL DEFAULT false,
    message_kind varchar(1) NOT NULL DEFAULT 'E', stream_id text NOT NULL, partition text NOT NULL DEFAULT 'emt:default',
    message_schema_version text NOT NULL, message_id text NOT NULL, message_type text NOT NULL, message_data jsonb NOT NULL,
    message_metadata jsonb NOT NULL, PRIMARY KEY (stream_id, stream_position, partition, is_archived)) PARTITION BY LIST (partition);
CREATE TABLE emt_messages_default PARTITION OF emt_messages FOR VALUES IN ('emt:default');
INSERT INTO emt_streams VALUES ('wallet-w1', 2, 'emt:default', 'wallet', '{}');
INSERT INTO emt_messages VALUES
    (1, DEFAULT, '700', '2026-11-01 10:00:00Z', false, 'E', 'wallet-w1', 'emt:default', '1', 'm1', 'Opened', '{"owner":"Ann"}', '{"correlationId":"c"}'),
    (2, DEFAULT, '701', '2026-11-01 10:00:01Z', false, 'E', 'wallet-w1', 'emt:default', '1', 'm2', 'Added', '{"amount":3}', '{"causationId":"m1"}');
CREATE TABLE emt_processors (last_processed_transaction_id xid8 NOT NULL, version integer NOT NULL DEFAULT 1, processor_id text NOT NULL, partition text NOT NULL DEFAULT 'emt:default',
    status text NOT NULL DEFAULT 'stopped', last_processed_checkpoint text NOT NULL, processor_instance_id text DEFAULT 'emt:unknown', created_at timestamptz NOT NULL DEFAULT now(),
    last_updated timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (processor_id, partition, version));
