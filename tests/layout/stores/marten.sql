-- The columns of Marten 8.
CREATE TABLE mt_streams (id uuid NOT NULL PRIMARY KEY, type varchar, version bigint, timestamp timestamptz NOT NULL DEFAULT now(),
    snapshot jsonb, snapshot_version integer, created timestamptz NOT NULL DEFAULT now(), tenant_id varchar DEFAULT '*DEFAULT*', is_archived boolean DEFAULT false);
CREATE TABLE mt_events (seq_id bigint NOT NULL PRIMARY KEY, id uuid NOT NULL, stream_id uuid REFERENCES mt_streams, version bigint NOT NULL,
    data jsonb NOT NULL, type varchar(500) NOT NULL, timestamp timestamptz NOT NULL DEFAULT now(), tenant_id varchar DEFAULT '*DEFAULT*',
    mt_dotnet_type varchar, is_archived boolean DEFAULT false);
CREATE UNIQUE INDEX pk_mt_events_stream_and_version ON mt_events (stream_id, version);
CREATE TABLE mt_event_progression (name varchar NOT NULL PRIMARY KEY, last_seq_id bigint, last_updated timestamptz DEFAULT now());
INSERT INTO mt_streams (id, type, version) VALUES ('00000000-0000-4000-8000-0000000000f1', 'wallet', 2);
INSERT INTO mt_events VALUES
    (1, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000f1', 1, '{"owner":"Ann"}', 'opened', '2026-11-01 10:00:00Z', '*DEFAULT*', 'Shop.Opened, Shop', false),
    (3, '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-0000000000f1', 2, '{"amount":1.10}', 'added', '2026-11-01 10:00:01Z', '*DEFAULT*', 'Shop.Added, Shop', true);
INSERT INTO mt_event_progression VALUES ('HighWaterMark', 3), ('mails:All', 1);
