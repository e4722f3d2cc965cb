-- Appends one event if the store still ends with the event that the caller knows ($1 its position, $2 its time, $3 its
-- hash) and no event is stored after it. Otherwise does nothing, and append_group decides. The hash of the last event covers
-- all events before it, so the stream ($5) is still at the known version ($6). An existing id or stream is an error.
--
-- The lock is that of append_group. A session that held it meanwhile has changed the row of the head, and PostgreSQL reads the
-- newest version of that row before it changes it.
WITH moved AS (
    UPDATE store_head h
    SET position = $1::int8 + 1, recorded_at = link.at,
        hash = sha256($3::bytea || int8send($1 + 1) || int8send($6::int8 + 1) || int8send(link.at) || $12::bytea)
    FROM (SELECT greatest(coalesce($4::int8, clock.now), $2::int8 + 1) AS at
          FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::int8 AS now) clock) link
    WHERE h.position = $1 AND h.hash = $3
      AND NOT EXISTS (SELECT FROM events e WHERE e.position > $1)
      AND pg_advisory_xact_lock(1702060916, to_regnamespace(current_schema())::oid::int4) IS NOT NULL
    RETURNING h.recorded_at, h.hash
)
INSERT INTO events (position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
SELECT $1 + 1, $6 + 1, moved.recorded_at, $7::uuid, $9::int4, $5::text, $8::text, moved.hash, $10::text::json, $11::text::json
FROM moved
RETURNING recorded_at, hash, greatest(0, $2 - (extract(epoch FROM statement_timestamp()) * 1000000)::int8)
