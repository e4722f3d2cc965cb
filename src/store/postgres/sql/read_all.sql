-- First the highest position, as a row without an event id whose time is the version of the stream of quarantines;
-- then the events of the page.
SELECT {head} AS place, {head} AS position, 0::int8 AS version, coalesce((SELECT max(q.version) FROM events q WHERE q.stream = '$quarantine'), 0) AS recorded_at, NULL::uuid AS event_id,
       NULL::int4 AS schema_version, NULL::text AS stream, NULL::text AS type, NULL::bytea AS hash, NULL::json AS data,
       NULL::json AS metadata, NULL::bytea AS content_hash
UNION ALL
(SELECT position, position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata, content_hash
 FROM events WHERE position BETWEEN $1 AND $2 ORDER BY position LIMIT $3)
