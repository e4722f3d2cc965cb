-- Appends one event if the store still ends with the event that the caller knows ($1 its position, $2 its time, $3 its
-- hash) and the stream ($5) is at the version it expects ($6); otherwise does nothing, and append_events decides.
--
-- The lock is that of append_events. Whoever had it meanwhile has moved the row of head, and of that row PostgreSQL looks
-- at the newest state before it changes it; so what else this statement saw, by an older snapshot, is the state as well.
WITH moved AS (
    UPDATE head h
    SET position = $1::int8 + 1, recorded_at = link.at,
        hash = sha256($3::bytea || int8send($1 + 1) || int8send($6::int8 + 1) || int8send(link.at) || $12::bytea)
    FROM (
        SELECT greatest(coalesce($4::int8, clock.now), $2::int8 + 1) AS at, greatest(0, $2 - clock.now) AS behind,
               pg_advisory_xact_lock(1702060916, to_regnamespace(current_schema())::oid::int4)
        FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8 AS now) clock
    ) link
    WHERE h.position = $1 AND h.hash = $3
      AND ($6 = 0 OR EXISTS (SELECT FROM events e WHERE e.stream = $5::text AND e.version = $6))
      AND NOT EXISTS (SELECT FROM events e WHERE e.stream = $5 AND e.version = $6 + 1)
      AND NOT EXISTS (SELECT FROM events e WHERE e.event_id = $7::uuid)
    RETURNING h.recorded_at, h.hash, link.behind
), added AS (
    INSERT INTO events (position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
    SELECT $1 + 1, $6 + 1, moved.recorded_at, $7, $9::int4, $5, $8::text, moved.hash, $10::text::json, $11::text::json
    FROM moved
)
SELECT recorded_at, hash, behind FROM moved
