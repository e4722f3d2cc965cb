-- Appends a group in one statement, each append as a whole or not at all, in their order.
--
-- Arguments for each append: its stream, its expected version (-1 any, -2 exists, otherwise exactly that version), its number
-- of events, its clock (NULL: that of this server), and the number of the previous append of this group to the same stream
-- (0: none). For each event: its content, the number of its append, and its given time (NULL: none). `repeats` is true if an
-- event id is in more than one append. `seen_position` and `seen_hash` are the last event that the caller has seen (NULL: none).
--
-- Results for each append: 0 and the position of its first event; 1 and the actual version; 2 when an id is known; 3 and the
-- last time when a given one is not after it; 4 when the store lacks the last seen event, because it was replaced. The times and
-- hashes of the other events follow from these.
--
-- No refusal is an exception, so there is no subtransaction to roll back to. Nothing is appended where the last event is not
-- the recorded head (ES001): an append after a hole, or after an event added by other means, would hide it.
--
-- Each statement costs more than its work. So a single event, the most frequent case, has a path of its own: one statement
-- reads all that is needed, and there are no arrays of results.
CREATE OR REPLACE FUNCTION append_group(
    streams text[], expected int8[], sizes int4[], clocks int8[], earlier int4[],
    ids uuid[], owners int4[], types text[], schema_versions int4[], given int8[],
    datas text[], metadatas text[], contents bytea[], repeats boolean, seen_position int8, seen_hash bytea
) RETURNS TABLE (outcome int4, at_position int8, at_version int8, at_time int8, previous bytea, behind int8)
LANGUAGE plpgsql AS $$
DECLARE
    last_position int8;
    last_time     int8;
    last_hash     bytea;
    server_time   int8;
    clock         int8;
    known         uuid[];
    reached       int8[];
    positions     int8[];
    versions      int8[];
    times         int8[];
    hashes        bytea[];
    start         int4 := 1;
    stop          int4;
    appended      int4 := 0;
    knows_id      boolean;
    elsewhere     boolean;
    is_same       boolean;
BEGIN
    -- Fair, and released only after the commit can be seen: so positions become visible in their order.
    PERFORM pg_advisory_xact_lock(1702060916, to_regnamespace(current_schema())::oid::int4);
    IF cardinality(ids) = 1 THEN
        SELECT h.position, h.recorded_at, h.hash,
               coalesce((SELECT e.version FROM events e WHERE e.stream = streams[1] ORDER BY e.version DESC LIMIT 1), 0),
               EXISTS (SELECT FROM events e WHERE e.event_id = ids[1]),
               (h.position, h.recorded_at, h.hash) IS DISTINCT FROM
               (coalesce(l.position, 0), coalesce(l.recorded_at, 0), coalesce(l.hash, decode(repeat('00', 32), 'hex'))),
               CASE WHEN seen_position IS NULL THEN true
                    WHEN seen_position >= h.position THEN seen_position = h.position AND seen_hash = h.hash
                    ELSE EXISTS (SELECT FROM events e WHERE e.position = seen_position AND e.hash = seen_hash) END
        INTO STRICT at_position, at_time, previous, at_version, knows_id, elsewhere, is_same
        FROM store_head h LEFT JOIN LATERAL (SELECT e.* FROM events e ORDER BY e.position DESC LIMIT 1) l ON true;
        IF elsewhere THEN
            RAISE EXCEPTION 'the head of the store is not its last event' USING ERRCODE = 'ES001';
        END IF;
        server_time := extract(epoch FROM clock_timestamp()) * 1000000;
        behind := greatest(0, at_time - server_time);
        IF NOT is_same THEN
            outcome := 4;
        ELSIF (expected[1] >= 0 AND at_version <> expected[1]) OR (expected[1] = -2 AND at_version = 0) THEN
            outcome := 1;
        ELSIF knows_id THEN
            outcome := 2;
        ELSIF given[1] <= at_time THEN
            outcome := 3;
        ELSE
            outcome := 0;
            at_time := greatest(coalesce(given[1], clocks[1], server_time), at_time + 1);
            last_hash := sha256(previous || int8send(at_position + 1) || int8send(at_version + 1) || int8send(at_time) || contents[1]);
            INSERT INTO events (position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
            VALUES (at_position + 1, at_version + 1, at_time, ids[1], schema_versions[1], streams[1], types[1], last_hash,
                    datas[1]::json, metadatas[1]::json);
            UPDATE store_head SET position = at_position + 1, recorded_at = at_time, hash = last_hash;
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT h.position, h.recorded_at, h.hash,
           (h.position, h.recorded_at, h.hash) IS DISTINCT FROM
           (coalesce(l.position, 0), coalesce(l.recorded_at, 0), coalesce(l.hash, decode(repeat('00', 32), 'hex'))),
           CASE WHEN seen_position IS NULL THEN true
                WHEN seen_position >= h.position THEN seen_position = h.position AND seen_hash = h.hash
                ELSE EXISTS (SELECT FROM events e WHERE e.position = seen_position AND e.hash = seen_hash) END
    INTO STRICT last_position, last_time, last_hash, elsewhere, is_same
    FROM store_head h LEFT JOIN LATERAL (SELECT e.* FROM events e ORDER BY e.position DESC LIMIT 1) l ON true;
    IF elsewhere THEN
        RAISE EXCEPTION 'the head of the store is not its last event' USING ERRCODE = 'ES001';
    END IF;
    IF NOT is_same THEN
        outcome := 4;
        FOR a IN 1 .. cardinality(streams) LOOP
            RETURN NEXT;
        END LOOP;
        RETURN;
    END IF;
    server_time := extract(epoch FROM clock_timestamp()) * 1000000;
    behind := greatest(0, last_time - server_time);
    known := ARRAY(SELECT e.event_id FROM events e WHERE e.event_id = ANY (ids));
    reached := array_fill(0::int8, ARRAY[cardinality(streams)]);
    positions := array_fill(NULL::int8, ARRAY[cardinality(ids)]);
    versions := positions;
    times := positions;
    hashes := array_fill(NULL::bytea, ARRAY[cardinality(ids)]);

    FOR a IN 1 .. cardinality(streams) LOOP
        stop := start + sizes[a] - 1;
        IF earlier[a] > 0 THEN
            at_version := reached[earlier[a]];
        ELSE
            SELECT e.version INTO at_version FROM events e WHERE e.stream = streams[a] ORDER BY e.version DESC LIMIT 1;
            at_version := coalesce(at_version, 0);
        END IF;
        at_position := last_position;
        at_time := last_time;
        previous := last_hash;
        IF (expected[a] >= 0 AND at_version <> expected[a]) OR (expected[a] = -2 AND at_version = 0) THEN
            outcome := 1;
        ELSIF known <> '{}' AND ids[start:stop] && known THEN
            outcome := 2;
        ELSIF given[start] <= last_time THEN
            outcome := 3;
        ELSE
            outcome := 0;
            appended := appended + sizes[a];
            clock := coalesce(clocks[a], server_time);
            FOR i IN start .. stop LOOP
                last_position := last_position + 1;
                last_time := greatest(coalesce(given[i], clock), last_time + 1);
                last_hash := sha256(last_hash || int8send(last_position) || int8send(at_version + 1 + i - start)
                                    || int8send(last_time) || contents[i]);
                positions[i] := last_position;
                versions[i] := at_version + 1 + i - start;
                times[i] := last_time;
                hashes[i] := last_hash;
            END LOOP;
            IF repeats THEN
                known := known || ids[start:stop];
            END IF;
        END IF;
        reached[a] := at_version + CASE outcome WHEN 0 THEN sizes[a] ELSE 0 END;
        start := stop + 1;
        IF outcome = 0 THEN
            at_time := times[start - sizes[a]];
        END IF;
        RETURN NEXT;
    END LOOP;

    IF appended > 0 THEN
        INSERT INTO events (position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
        SELECT n.position, n.version, n.recorded_at, n.event_id, n.schema_version, streams[n.owner], n.type, n.hash,
               n.data::json, n.metadata::json
        FROM unnest(positions, versions, times, ids, schema_versions, owners, types, hashes, datas, metadatas)
             AS n (position, version, recorded_at, event_id, schema_version, owner, type, hash, data, metadata)
        WHERE n.position IS NOT NULL;
        UPDATE store_head SET position = last_position, recorded_at = last_time, hash = last_hash;
    END IF;
END
$$
