--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: version1; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA version1;


--
-- Name: append_events(text[], bigint[], integer[], bigint[], integer[], uuid[], integer[], text[], integer[], bigint[], text[], text[], bytea[], boolean); Type: FUNCTION; Schema: version1; Owner: -
--

CREATE FUNCTION version1.append_events(streams text[], expected bigint[], sizes integer[], clocks bigint[], earlier integer[], ids uuid[], owners integer[], types text[], schema_versions integer[], given bigint[], datas text[], metadatas text[], contents bytea[], repeats boolean) RETURNS TABLE(outcome integer, at_position bigint, at_version bigint, at_time bigint, previous bytea, behind bigint)
    LANGUAGE plpgsql
    AS $$
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
BEGIN
    -- Fair, and released only after the commit can be seen: so positions become visible in their order.
    PERFORM pg_advisory_xact_lock(1702060916, to_regnamespace(current_schema())::oid::int4);
    SELECT h.position, h.recorded_at, h.hash INTO STRICT last_position, last_time, last_hash FROM head h;
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

    -- One event by itself is what most commands record, and does without the arrays.
    IF appended = 1 AND cardinality(ids) = 1 THEN
        INSERT INTO events (position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
        VALUES (last_position, at_version + 1, last_time, ids[1], schema_versions[1], streams[1], types[1], last_hash,
                datas[1]::json, metadatas[1]::json);
    ELSIF appended > 0 THEN
        INSERT INTO events (position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
        SELECT n.position, n.version, n.recorded_at, n.event_id, n.schema_version, streams[n.owner], n.type, n.hash,
               n.data::json, n.metadata::json
        FROM unnest(positions, versions, times, ids, schema_versions, owners, types, hashes, datas, metadatas)
             AS n (position, version, recorded_at, event_id, schema_version, owner, type, hash, data, metadata)
        WHERE n.position IS NOT NULL;
    END IF;
    IF appended > 0 THEN
        UPDATE head SET position = last_position, recorded_at = last_time, hash = last_hash;
    END IF;
END
$$;


--
-- Name: commit_rows(text, boolean, bigint, bigint, bigint, uuid, bigint, text[], text[]); Type: FUNCTION; Schema: version1; Owner: -
--

CREATE FUNCTION version1.commit_rows(model text, beside boolean, logic bigint, wanted bigint, reached bigint, reached_id uuid, moment bigint, keys text[], contents text[]) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
DECLARE
    rows_table text := read_model_table(model, beside);
BEGIN
    PERFORM lock_read_model(model);
    IF coalesce((SELECT p.position FROM projections p WHERE p.name = model AND p.building = beside), 0) <> wanted
       OR EXISTS (SELECT FROM projections p WHERE p.name = model AND p.building = beside AND p.logic_version <> logic) THEN
        RETURN false;
    END IF;
    IF to_regclass(rows_table) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (key text COLLATE "C" PRIMARY KEY, row json NOT NULL)', rows_table);
    END IF;
    IF cardinality(keys) > 0 THEN
        EXECUTE format('INSERT INTO %I AS old (key, row) SELECT n.key, n.row::json FROM unnest($1, $2) AS n (key, row)
                        ON CONFLICT (key) DO UPDATE SET row = excluded.row', rows_table) USING keys, contents;
    END IF;
    INSERT INTO projections AS old (name, building, logic_version, position, event_id, updated_at)
    VALUES (model, beside, logic, reached, reached_id, moment)
    ON CONFLICT (name, building) DO UPDATE SET
        logic_version = excluded.logic_version, position = excluded.position,
        event_id = excluded.event_id, updated_at = excluded.updated_at;
    RETURN true;
END
$_$;


--
-- Name: drop_read_model(text, boolean); Type: FUNCTION; Schema: version1; Owner: -
--

CREATE FUNCTION version1.drop_read_model(model text, beside boolean) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM lock_read_model(model);
    EXECUTE format('DROP TABLE IF EXISTS %I', read_model_table(model, beside));
    DELETE FROM projections p WHERE p.name = model AND p.building = beside;
    RETURN FOUND;
END
$$;


--
-- Name: field_value(json, text); Type: FUNCTION; Schema: version1; Owner: -
--

CREATE FUNCTION version1.field_value(document json, field text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE json_typeof(document -> field)
        WHEN 'number' THEN 'n' || trim_scale((document ->> field)::numeric)::text
        WHEN 'string' THEN 's' || (document ->> field)
        WHEN 'boolean' THEN 'b' || (document ->> field)
        WHEN 'array' THEN 'j' || (document -> field)::jsonb::text
        WHEN 'object' THEN 'j' || (document -> field)::jsonb::text
    END
$$;


--
-- Name: lock_read_model(text); Type: FUNCTION; Schema: version1; Owner: -
--

CREATE FUNCTION version1.lock_read_model(model text) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('esctl read model ' || current_schema() || ' ' || model, 0))
$$;


--
-- Name: read_model_table(text, boolean); Type: FUNCTION; Schema: version1; Owner: -
--

CREATE FUNCTION version1.read_model_table(model text, beside boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT 'rm_' || model || CASE WHEN beside THEN '_building' ELSE '' END
$$;


--
-- Name: swap_read_model(text, bigint, text[]); Type: FUNCTION; Schema: version1; Owner: -
--

CREATE FUNCTION version1.swap_read_model(model text, wanted bigint, fields text[]) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    live_table text := read_model_table(model, false);
    next_table text := read_model_table(model, true);
    field      text;
BEGIN
    PERFORM lock_read_model(model);
    IF coalesce((SELECT p.position FROM projections p WHERE p.name = model AND p.building), 0) <> wanted
       OR to_regclass(next_table) IS NULL THEN
        RETURN false;
    END IF;
    FOREACH field IN ARRAY fields LOOP
        EXECUTE format('CREATE INDEX ON %I (left(field_value(row, %L), 100), key)', next_table, field);
    END LOOP;
    EXECUTE format('DROP TABLE IF EXISTS %I', live_table);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', next_table, live_table);
    DELETE FROM projections p WHERE p.name = model AND NOT p.building;
    UPDATE projections p SET building = false WHERE p.name = model AND p.building;
    RETURN true;
END
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: esctl_meta; Type: TABLE; Schema: version1; Owner: -
--

CREATE TABLE version1.esctl_meta (
    one smallint NOT NULL,
    schema_version integer NOT NULL,
    CONSTRAINT esctl_meta_one_check CHECK ((one = 1))
);


--
-- Name: events; Type: TABLE; Schema: version1; Owner: -
--

CREATE TABLE version1.events (
    "position" bigint NOT NULL,
    version bigint NOT NULL,
    recorded_at bigint NOT NULL,
    event_id uuid NOT NULL,
    schema_version integer NOT NULL,
    stream text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    hash bytea NOT NULL,
    data json NOT NULL,
    metadata json NOT NULL
);


--
-- Name: head; Type: TABLE; Schema: version1; Owner: -
--

CREATE TABLE version1.head (
    one smallint NOT NULL,
    "position" bigint NOT NULL,
    recorded_at bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT head_one_check CHECK ((one = 1))
)
WITH (fillfactor='10');


--
-- Name: log; Type: VIEW; Schema: version1; Owner: -
--

CREATE VIEW version1.log AS
 SELECT events."position",
    events.stream,
    events.version,
    events.type,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + ((events.recorded_at)::double precision * '00:00:00.000001'::interval)) AS recorded_at,
    events.data,
    events.metadata
   FROM version1.events;


--
-- Name: projections; Type: TABLE; Schema: version1; Owner: -
--

CREATE TABLE version1.projections (
    name text NOT NULL COLLATE pg_catalog."C",
    building boolean NOT NULL,
    logic_version bigint NOT NULL,
    "position" bigint NOT NULL,
    event_id uuid,
    updated_at bigint NOT NULL
);


--
-- Name: rm_resources; Type: TABLE; Schema: version1; Owner: -
--

CREATE TABLE version1.rm_resources (
    key text NOT NULL COLLATE pg_catalog."C",
    "row" json NOT NULL
);


--
-- Name: rm_resources_building; Type: TABLE; Schema: version1; Owner: -
--

CREATE TABLE version1.rm_resources_building (
    key text NOT NULL COLLATE pg_catalog."C",
    "row" json NOT NULL
);


--
-- Name: snapshots; Type: TABLE; Schema: version1; Owner: -
--

CREATE TABLE version1.snapshots (
    stream text NOT NULL COLLATE pg_catalog."C",
    reducer text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    event_hash bytea NOT NULL,
    reducer_version bigint NOT NULL,
    taken_at bigint NOT NULL,
    state json NOT NULL,
    state_hash bytea NOT NULL
);


--
-- Data for Name: esctl_meta; Type: TABLE DATA; Schema: version1; Owner: -
--

INSERT INTO version1.esctl_meta VALUES (1, 1);


--
-- Data for Name: events; Type: TABLE DATA; Schema: version1; Owner: -
--

INSERT INTO version1.events VALUES (1, 1, 1795264069729683, '01a1fe13-c03f-756e-acf1-cab603bf06b6', 1, 'resource-gold', 'resource.created', '\xd1052d1e4f5fde2f9675fba030054580ff27c250555419fbce7f3c0ede2a1819', '{"amount":1000,"last_regenerated":"2026-11-21T12:27:49.695811Z","max_amount":2000,"metadata":{},"owner_id":"ann","regeneration_rate":0.5,"resource_type":"currency"}', '{"client_id":"upgrade","command":"resource.create","correlation_id":"01a1fe13-c03f-756e-acf1-cab603bf06b6"}');
INSERT INTO version1.events VALUES (2, 1, 1795264069755788, '01a1fe13-c079-7766-8fd9-36fc91786503', 1, 'resource-iron', 'resource.created', '\x191354632344c864342ae81d34fd50f7db853c6aacb8a4e649b65c72d0d49946', '{"amount":5,"last_regenerated":"2026-11-21T12:27:49.753758Z","max_amount":10,"metadata":{"colour":"grey","é":"ü😀"},"owner_id":"bob","regeneration_rate":0.0,"resource_type":"metal"}', '{"client_id":"upgrade","command":"resource.create","correlation_id":"01a1fe13-c079-7766-8fd9-36fc91786503"}');
INSERT INTO version1.events VALUES (3, 2, 1795264069782941, '01a1fe13-c094-76de-800e-69d07891f5a9', 1, 'resource-gold', 'resource.locked', '\xbdd517520b5a9336bc4566960eef1f1ff88f0fb4df2eea061eead6cfc4d44c33', '{"expiry":"2036-11-18T12:27:49.780533Z","reason":"maintenance ''night''"}', '{"client_id":"upgrade","command":"resource.lock","correlation_id":"01a1fe13-c094-76de-800e-69d07891f5a9"}');
INSERT INTO version1.events VALUES (4, 2, 1795264069804951, '01a1fe13-c0ab-75b4-92cf-8afb803b5296', 1, 'resource-iron', 'resource.locked', '\x9d17e5003afd80a3b8ae754d2848a0e2dd2bb3d5e65b145e5d0496cc1f8a9580', '{"expiry":"2026-11-21T12:27:49.804238Z"}', '{"client_id":"upgrade","command":"resource.lock","correlation_id":"01a1fe13-c0ab-75b4-92cf-8afb803b5296"}');
INSERT INTO version1.events VALUES (5, 3, 1795264069828842, '78413de9-4621-5a5e-bd8a-ef220345cbdc', 1, 'resource-iron', 'resource.allocated', '\x03e41b9cdd66d5b600b245aedf915c8d16a7402828704eeee64938811bc8089d', '{"amount":1,"last_regenerated":"2026-11-21T12:27:49.826605Z","new_amount":4,"reason":"number 1","regenerated":0,"regeneration_remainder":0}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"712eec309440baf0f9fb98708b57f647","correlation_id":"78413de9-4621-5a5e-bd8a-ef220345cbdc","idempotency_key":"key-1"}');
INSERT INTO version1.events VALUES (6, 4, 1795264069855309, '5ed32a23-a00b-5b71-b70d-17a1d8b68b7e', 1, 'resource-iron', 'resource.allocated', '\xce09b873b1f630d68bc882d433723da83617584c26448f0bd70b122afc01fafe', '{"amount":1,"last_regenerated":"2026-11-21T12:27:49.853470Z","new_amount":3,"reason":"number 2","regenerated":0,"regeneration_remainder":0}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"50e8f1e5fb2a7257c7df89bae08ec05e","correlation_id":"5ed32a23-a00b-5b71-b70d-17a1d8b68b7e","idempotency_key":"key-2"}');
INSERT INTO version1.events VALUES (7, 5, 1795264069881655, '815ead9f-a491-5d70-8306-cc46d52c2774', 1, 'resource-iron', 'resource.allocated', '\xfc438a1bea6508b4c3043341437a404bd8a25626d418530d65159d246ce89fb8', '{"amount":1,"last_regenerated":"2026-11-21T12:27:49.879953Z","new_amount":2,"reason":"number 3","regenerated":0,"regeneration_remainder":0}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"70a00e2a05e701094cf6ac2707499f4b","correlation_id":"815ead9f-a491-5d70-8306-cc46d52c2774","idempotency_key":"key-3"}');
INSERT INTO version1.events VALUES (8, 6, 1795264069907410, '88d63572-bced-580f-9518-63ef19045710', 1, 'resource-iron', 'resource.allocated', '\x8f502bf220cd1802114cd6e518da8ac0ec49f2c46a0415e3d5e60a78f90d421b', '{"amount":1,"last_regenerated":"2026-11-21T12:27:49.905178Z","new_amount":1,"reason":"number 4","regenerated":0,"regeneration_remainder":0}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"96b6f670d5db8a7365f8f2452ef843b0","correlation_id":"88d63572-bced-580f-9518-63ef19045710","idempotency_key":"key-4"}');
INSERT INTO version1.events VALUES (9, 3, 1795264069932148, '01a1fe13-c12a-713b-8bba-e38fe3aab4bc', 1, 'resource-gold', 'resource.unlocked', '\x08597d20ae4b7362bd494f239ee75d21b281a639f7805c496f193ff673a3d620', '{}', '{"client_id":"upgrade","command":"resource.unlock","correlation_id":"01a1fe13-c12a-713b-8bba-e38fe3aab4bc"}');
INSERT INTO version1.events VALUES (10, 4, 1795264069955855, '3ed09fdb-80e3-5b80-ab1c-20a97aca8867', 1, 'resource-gold', 'resource.allocated', '\x301141b22f91e77202d7aef43c2045959287c65d56ad1469f3611acfc0492eb5', '{"amount":10,"last_regenerated":"2026-11-21T12:27:49.953596Z","new_amount":990,"regenerated":0,"regeneration_remainder":128892500000000000}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"b21707fae590035ef3bd349dc0ab7c61","correlation_id":"3ed09fdb-80e3-5b80-ab1c-20a97aca8867","idempotency_key":"gold-10"}');
INSERT INTO version1.events VALUES (11, 1, 1795264069976280, '01a1fe13-c14b-744a-a6d8-52a7a8977310', 1, 'thing-1', 'thing.happened', '\x2dcee6aed94a9beef5b679feeaaf3cdb70a4f2e1f55208dbbe74e4f09b1d1e9e', '{"big":9223372036854775807,"half":-0.5,"number":1,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (12, 2, 1795264069976281, '01a1fe13-c14b-744a-a6d8-52a839e9fdb7', 1, 'thing-1', 'thing.happened', '\xfd932ab42c62e0d01b6197f64c2a3073bb0a88b05789d8a4cac57151c8651277', '{"big":9223372036854775807,"half":-0.5,"number":2,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (13, 3, 1795264069976282, '01a1fe13-c14b-744a-a6d8-52a926e3dca3', 1, 'thing-1', 'thing.happened', '\x8ff5100410ca4eb74b27b2a2f16a89693a2fbe55dd22db6ad068a62706ac19bc', '{"big":9223372036854775807,"half":-0.5,"number":3,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (14, 4, 1795264069976283, '01a1fe13-c14b-744a-a6d8-52aa66f721ef', 1, 'thing-1', 'thing.happened', '\x08a6c418ceabe4484c384064d035195bb5966de9a35db9d4abd97a6767521b66', '{"big":9223372036854775807,"half":-0.5,"number":4,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (15, 5, 1795264069976284, '01a1fe13-c14b-744a-a6d8-52ab3cd04dac', 1, 'thing-1', 'thing.happened', '\xe2b4a2ebc6158d60afc191daf9d2daab12f8a0ebf65cbada96b107e4c0bf39e7', '{"big":9223372036854775807,"half":-0.5,"number":5,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (16, 6, 1795264069976285, '01a1fe13-c14b-744a-a6d8-52ac724b7873', 1, 'thing-1', 'thing.happened', '\xae8a3210dea18ca591a6efbc863774ea4e1fde3a22c15c247396d36b57678957', '{"big":9223372036854775807,"half":-0.5,"number":6,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (17, 7, 1795264069976286, '01a1fe13-c14b-744a-a6d8-52addabdffd1', 1, 'thing-1', 'thing.happened', '\x0720f7ec744c18fe962215f5fcdf5b32fae5d3067f5acb887780257e8288ba5b', '{"big":9223372036854775807,"half":-0.5,"number":7,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (18, 8, 1795264069976287, '01a1fe13-c14b-744a-a6d8-52aeda189521', 1, 'thing-1', 'thing.happened', '\x2c1f2a85e5a189ab49af7a297d23fc9cae9b2eb98a0739f827c4f763ae66e9dd', '{"big":9223372036854775807,"half":-0.5,"number":8,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (19, 9, 1795264069976288, '01a1fe13-c14b-744a-a6d8-52af2220e057', 1, 'thing-1', 'thing.happened', '\x28730e5842b8c4a67aacca5217ab71ad3b655afbcccb7923537120187a03db6e', '{"big":9223372036854775807,"half":-0.5,"number":9,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (20, 10, 1795264069976289, '01a1fe13-c14b-744a-a6d8-52b066e1617a', 1, 'thing-1', 'thing.happened', '\x61e0dff6da1c3620870c1e4935c625aa3ae438ffa4b9c70a1811eb2e14e16990', '{"big":9223372036854775807,"half":-0.5,"number":10,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (21, 11, 1795264069976290, '01a1fe13-c14b-744a-a6d8-52b118f26912', 1, 'thing-1', 'thing.happened', '\xc81336c6ca7d2c94128e9af6b1f7054b3922adbd18ffaebb58f28ae892c45282', '{"big":9223372036854775807,"half":-0.5,"number":11,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (22, 12, 1795264069976291, '01a1fe13-c14b-744a-a6d8-52b270c28ef7', 1, 'thing-1', 'thing.happened', '\x51f1b6f350c7a7b4259010871f1220e97d4a4fccd55a30a43db88b278f0a6026', '{"big":9223372036854775807,"half":-0.5,"number":12,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (23, 13, 1795264069976292, '01a1fe13-c14b-744a-a6d8-52b3201abf60', 1, 'thing-1', 'thing.happened', '\x045bb33cb22fb9b8fe7f864f65398928e7a9ae6fc006ec8b16466eeffb7355a8', '{"big":9223372036854775807,"half":-0.5,"number":13,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (24, 14, 1795264069976293, '01a1fe13-c14b-744a-a6d8-52b4f4deab82', 1, 'thing-1', 'thing.happened', '\xbf1417c956dd8e9824cbcbcb9839b2c4ce7327be9ed1ae4f8501ab90c5d64f89', '{"big":9223372036854775807,"half":-0.5,"number":14,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (25, 15, 1795264069976294, '01a1fe13-c14b-744a-a6d8-52b532f11b0a', 1, 'thing-1', 'thing.happened', '\xfc5f9d65e3a2acb2f398e3019f49d3d76ec6658b5b3a90f162dc1ac0c244eee9', '{"big":9223372036854775807,"half":-0.5,"number":15,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (26, 16, 1795264069976295, '01a1fe13-c14b-744a-a6d8-52b6e9837efc', 1, 'thing-1', 'thing.happened', '\x94c358c3c5e752dcc5f577d8d1ce437fbef46cbac0db6bce7a7af3244c581ff6', '{"big":9223372036854775807,"half":-0.5,"number":16,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (27, 17, 1795264069976296, '01a1fe13-c14b-744a-a6d8-52b72fb003bd', 1, 'thing-1', 'thing.happened', '\x7c7d3d30375196b08aa2cb93aa5f7128b031b0bf37f1e4046fae6618ada22a70', '{"big":9223372036854775807,"half":-0.5,"number":17,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (28, 18, 1795264069976297, '01a1fe13-c14b-744a-a6d8-52b8b43c6fb7', 1, 'thing-1', 'thing.happened', '\xef7027357633ccf0f111d7b733ead23685464d84e3f10cc0e4496297ef030470', '{"big":9223372036854775807,"half":-0.5,"number":18,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (29, 19, 1795264069976298, '01a1fe13-c14b-744a-a6d8-52b91d1988bc', 1, 'thing-1', 'thing.happened', '\x19635a23fcd8c4d4fe72f6acdb64cdfb5ac03babb4d23f5ade676c924b7ff4df', '{"big":9223372036854775807,"half":-0.5,"number":19,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (30, 20, 1795264069976299, '01a1fe13-c14b-744a-a6d8-52ba402bf7a9', 1, 'thing-1', 'thing.happened', '\xa9583927ab09b2246144069ff21c6200aa4566d6cdfa269b2b74d790a6f5b8b2', '{"big":9223372036854775807,"half":-0.5,"number":20,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a1fe13-c14b-744a-a6d8-52a7a8977310"}');
INSERT INTO version1.events VALUES (31, 1, 1795264070044111, '01a1fe13-c19a-77ab-a920-c76fb50609d2', 1, 'resource-wood', 'resource.created', '\xa9790475c10454b3671e9fd01fdd59ed9f3bf6525bab1ba5334768e9b0e118e4', '{"amount":7,"last_regenerated":"2026-11-21T12:27:50.042406Z","max_amount":100,"metadata":{},"owner_id":"ann","regeneration_rate":0.0,"resource_type":"material"}', '{"client_id":"upgrade","command":"resource.create","correlation_id":"01a1fe13-c19a-77ab-a920-c76fb50609d2"}');
INSERT INTO version1.events VALUES (32, 2, 1795264070065730, '01a1fe13-c1b0-72ae-bdd9-0f6ae1e6a0bb', 1, 'resource-wood', 'resource.added', '\x1ae55550369d3213edcdbe7eceb0e0085b0892eaa4f0616a859c1489871a7ad6', '{"amount":3,"last_regenerated":"2026-11-21T12:27:50.064184Z","new_amount":10,"regenerated":0,"regeneration_remainder":0,"requested":3}', '{"client_id":"upgrade","command":"resource.add","correlation_id":"01a1fe13-c1b0-72ae-bdd9-0f6ae1e6a0bb"}');
INSERT INTO version1.events VALUES (33, 1, 1795264070085654, '018f0000-0000-7000-8000-000000000001', 1, 'thing-2', 'thing.happened', '\x9a41410b78c5f612d08dfa36b1de53052b66896ec716a202d0c09a7622f839fc', '{}', '{"client_id":"upgrade","correlation_id":"018f0000-0000-7000-8000-000000000001"}');
INSERT INTO version1.events VALUES (34, 5, 1795264070147418, '01a1fe13-c201-778a-b07d-ec5845c34ca1', 1, 'resource-gold', 'resource.added', '\xf14028eaa7a9bb36482848b7b97f22d5dd62ef19b13e7937c69a1bdb744c92f9', '{"amount":5,"last_regenerated":"2026-11-21T12:27:50.145605Z","new_amount":995,"regenerated":0,"regeneration_remainder":224897000000000000,"requested":5}', '{"client_id":"upgrade","command":"resource.add","correlation_id":"01a1fe13-c201-778a-b07d-ec5845c34ca1"}');
INSERT INTO version1.events VALUES (35, 1, 1795264070187695, '01a1fe13-c22a-76d0-ad9e-b938f5f3686d', 1, 'resource-late', 'resource.created', '\xfe4d4e7f0e3345cc9e55fd8209089a5b1ad1019d7f1d131b8e4558cae98811f1', '{"amount":1,"last_regenerated":"2026-11-21T12:27:50.185921Z","max_amount":1,"metadata":{},"owner_id":"eve","regeneration_rate":0.0,"resource_type":"currency"}', '{"client_id":"upgrade","command":"resource.create","correlation_id":"01a1fe13-c22a-76d0-ad9e-b938f5f3686d"}');


--
-- Data for Name: head; Type: TABLE DATA; Schema: version1; Owner: -
--

INSERT INTO version1.head VALUES (1, 35, 1795264070187695, '\xfe4d4e7f0e3345cc9e55fd8209089a5b1ad1019d7f1d131b8e4558cae98811f1');


--
-- Data for Name: projections; Type: TABLE DATA; Schema: version1; Owner: -
--

INSERT INTO version1.projections VALUES ('resources', true, 1, 30, '01a1fe13-c14b-744a-a6d8-52ba402bf7a9', 1795264069998589);
INSERT INTO version1.projections VALUES ('resources', false, 1, 34, '01a1fe13-c201-778a-b07d-ec5845c34ca1', 1795264070167569);


--
-- Data for Name: rm_resources; Type: TABLE DATA; Schema: version1; Owner: -
--

INSERT INTO version1.rm_resources VALUES ('iron', '{"id":"iron","version":6,"owner_id":"bob","resource_type":"metal","amount":1,"max_amount":10,"last_updated":"2026-11-21T12:27:49.907410Z","is_locked":true,"regeneration_rate":0.0,"last_regenerated":"2026-11-21T12:27:49.905178Z","regeneration_remainder":0,"lock_reason":null,"lock_expiry":"2026-11-21T12:27:49.804238Z","created_at":"2026-11-21T12:27:49.755788Z","metadata":{"colour":"grey","é":"ü😀"}}');
INSERT INTO version1.rm_resources VALUES ('gold', '{"id":"gold","version":5,"owner_id":"ann","resource_type":"currency","amount":995,"max_amount":2000,"last_updated":"2026-11-21T12:27:50.147418Z","is_locked":false,"regeneration_rate":0.5,"last_regenerated":"2026-11-21T12:27:50.145605Z","regeneration_remainder":224897000000000000,"lock_reason":null,"lock_expiry":null,"created_at":"2026-11-21T12:27:49.729683Z","metadata":{}}');
INSERT INTO version1.rm_resources VALUES ('wood', '{"id":"wood","version":2,"owner_id":"ann","resource_type":"material","amount":10,"max_amount":100,"last_updated":"2026-11-21T12:27:50.065730Z","is_locked":false,"regeneration_rate":0.0,"last_regenerated":"2026-11-21T12:27:50.064184Z","regeneration_remainder":0,"lock_reason":null,"lock_expiry":null,"created_at":"2026-11-21T12:27:50.044111Z","metadata":{}}');


--
-- Data for Name: rm_resources_building; Type: TABLE DATA; Schema: version1; Owner: -
--

INSERT INTO version1.rm_resources_building VALUES ('gold', '{"id":"gold","version":4,"owner_id":"ann","resource_type":"currency","amount":990,"max_amount":2000,"last_updated":"2026-11-21T12:27:49.955855Z","is_locked":false,"regeneration_rate":0.5,"last_regenerated":"2026-11-21T12:27:49.953596Z","regeneration_remainder":128892500000000000,"lock_reason":null,"lock_expiry":null,"created_at":"2026-11-21T12:27:49.729683Z","metadata":{}}');
INSERT INTO version1.rm_resources_building VALUES ('iron', '{"id":"iron","version":6,"owner_id":"bob","resource_type":"metal","amount":1,"max_amount":10,"last_updated":"2026-11-21T12:27:49.907410Z","is_locked":true,"regeneration_rate":0.0,"last_regenerated":"2026-11-21T12:27:49.905178Z","regeneration_remainder":0,"lock_reason":null,"lock_expiry":"2026-11-21T12:27:49.804238Z","created_at":"2026-11-21T12:27:49.755788Z","metadata":{"colour":"grey","é":"ü😀"}}');


--
-- Data for Name: snapshots; Type: TABLE DATA; Schema: version1; Owner: -
--

INSERT INTO version1.snapshots VALUES ('resource-gold', 'resource', 4, '\x301141b22f91e77202d7aef43c2045959287c65d56ad1469f3611acfc0492eb5', 1, 1795264070093802, '{"id":"gold","version":4,"owner_id":"ann","resource_type":"currency","amount":990,"max_amount":2000,"last_updated":"2026-11-21T12:27:49.955855Z","is_locked":false,"regeneration_rate":0.5,"last_regenerated":"2026-11-21T12:27:49.953596Z","regeneration_remainder":128892500000000000,"lock_reason":null,"lock_expiry":null,"created_at":"2026-11-21T12:27:49.729683Z","metadata":{}}', '\xecfb588e7c985d8def73c7b45a7b1e9ec23789338759e7f6a223db2a999d0cc0');
INSERT INTO version1.snapshots VALUES ('resource-iron', 'resource', 6, '\x8f502bf220cd1802114cd6e518da8ac0ec49f2c46a0415e3d5e60a78f90d421b', 1, 1795264070113186, '{"id":"iron","version":6,"owner_id":"bob","resource_type":"metal","amount":1,"max_amount":10,"last_updated":"2026-11-21T12:27:49.907410Z","is_locked":true,"regeneration_rate":0.0,"last_regenerated":"2026-11-21T12:27:49.905178Z","regeneration_remainder":0,"lock_reason":null,"lock_expiry":"2026-11-21T12:27:49.804238Z","created_at":"2026-11-21T12:27:49.755788Z","metadata":{"colour":"grey","é":"ü😀"}}', '\x2a5ad64d3bf6f2c041207ffa483f63b7b3247d07361492f653daa994c73d331b');


--
-- Name: esctl_meta esctl_meta_pkey; Type: CONSTRAINT; Schema: version1; Owner: -
--

ALTER TABLE ONLY version1.esctl_meta
    ADD CONSTRAINT esctl_meta_pkey PRIMARY KEY (one);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: version1; Owner: -
--

ALTER TABLE ONLY version1.events
    ADD CONSTRAINT events_pkey PRIMARY KEY ("position");


--
-- Name: head head_pkey; Type: CONSTRAINT; Schema: version1; Owner: -
--

ALTER TABLE ONLY version1.head
    ADD CONSTRAINT head_pkey PRIMARY KEY (one);


--
-- Name: projections projections_pkey; Type: CONSTRAINT; Schema: version1; Owner: -
--

ALTER TABLE ONLY version1.projections
    ADD CONSTRAINT projections_pkey PRIMARY KEY (name, building);


--
-- Name: rm_resources rm_resources_building_pkey; Type: CONSTRAINT; Schema: version1; Owner: -
--

ALTER TABLE ONLY version1.rm_resources
    ADD CONSTRAINT rm_resources_building_pkey PRIMARY KEY (key);


--
-- Name: rm_resources_building rm_resources_building_pkey1; Type: CONSTRAINT; Schema: version1; Owner: -
--

ALTER TABLE ONLY version1.rm_resources_building
    ADD CONSTRAINT rm_resources_building_pkey1 PRIMARY KEY (key);


--
-- Name: snapshots snapshots_pkey; Type: CONSTRAINT; Schema: version1; Owner: -
--

ALTER TABLE ONLY version1.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (stream, reducer, version);


--
-- Name: events_by_id; Type: INDEX; Schema: version1; Owner: -
--

CREATE UNIQUE INDEX events_by_id ON version1.events USING btree (event_id);


--
-- Name: events_by_stream; Type: INDEX; Schema: version1; Owner: -
--

CREATE UNIQUE INDEX events_by_stream ON version1.events USING btree (stream, version);


--
-- Name: rm_resources_building_left_key_idx; Type: INDEX; Schema: version1; Owner: -
--

CREATE INDEX rm_resources_building_left_key_idx ON version1.rm_resources USING btree ("left"(version1.field_value("row", 'owner_id'::text), 100), key);


--
-- Name: rm_resources_building_left_key_idx1; Type: INDEX; Schema: version1; Owner: -
--

CREATE INDEX rm_resources_building_left_key_idx1 ON version1.rm_resources USING btree ("left"(version1.field_value("row", 'resource_type'::text), 100), key);


--
-- PostgreSQL database dump complete
--


