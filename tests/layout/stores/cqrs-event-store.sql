-- The table of the CQRS example.
CREATE TABLE event_store (event_id varchar(36) PRIMARY KEY, event_type varchar(255) NOT NULL, aggregate_id varchar(36) NOT NULL, aggregate_type varchar(255) NOT NULL,
    version bigint NOT NULL, timestamp timestamp NOT NULL, data jsonb NOT NULL, metadata jsonb, UNIQUE (aggregate_id, version));
INSERT INTO event_store VALUES
    ('00000000-0000-4000-8000-000000000001', 'user.created', 'u1', 'user', 1, '2026-11-01 10:00:00', '{"owner":"Ann","big":123456789012345678901234567890}', '{"correlation_id":"c","user_id":"ann","ip":"::1"}'),
    ('00000000-0000-4000-8000-000000000002', 'user.renamed', 'u1', 'user', 2, '2026-11-01 09:00:00', '{}', NULL);
