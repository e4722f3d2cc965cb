-- The columns of Marten 8.
CREATE TABLE mt_streams (id uuid NOT NULL PRIMARY KEY, type varchar, version bigint, timestamp timestamptz NOT NULL DEFAULT now(),
    snapshot jsonb, snapshot_version integer, created timestamptz NOT NULL DEFAULT now(), tenant_id varchar DEFAULT '*DEFAULT*', is_archived boolean DEFAULT false);
CREATE TABLE mt_events (seq_id bigint NOT NULL PRIMARY KEY, id uuid NOT NULL, stream_id uuid REFERENCES mt_streams, version bigint NOT NULL,
    data jsonb NOT NULL, type varchar(500) NOT NULL, timestamp timestamptz NOT NULL DEFAULT now(), tenant_id varchar DEFAULT '*DEFAULT*',
    mt_dotnet_type varchar, is_archived boolean DEFAULT false);
CREATE UNIQUE INDEX pk_mt_events_stream_and_version ON mt_events (stream_id, version);
CREATE TABLE mt_event_progression (name varchar NOT NULL PRIMARY KEY, last_seq_id bigint, last_updated timestamptz DEFAULT now());
