-- The columns of Akka persistence-jdbc 5.
CREATE TABLE event_journal (ordering bigserial, persistence_id varchar(255) NOT NULL, sequence_number bigint NOT NULL, deleted boolean NOT NULL DEFAULT false,
    writer varchar(255) NOT NULL, write_timestamp bigint, adapter_manifest varchar(255), event_ser_id integer NOT NULL, event_ser_manifest varchar(255) NOT NULL,
    event_payload bytea NOT NULL, meta_ser_id integer, meta_ser_manifest varchar(255), meta_payload bytea, PRIMARY KEY (persistence_id, sequence_number));
CREATE UNIQUE INDEX event_journal_ordering_idx ON event_journal (ordering);
INSERT INTO event_journal (persistence_id, sequence_number, deleted, writer, write_timestamp, adapter_manifest, event_ser_id, event_ser_manifest, event_payload) VALUES
    ('Wallet|w1', 1, true, 'w', 1793527200000, '', 4, 'Opened', convert_to('{"owner":"Ann"}', 'UTF8')),
    ('Wallet|w1', 2, false, 'w', 1793527200001, '', 4, 'Added', '\xff00');
