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
-- Name: version2; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA version2;


--
-- Name: append_events(text[], bigint[], integer[], bigint[], integer[], uuid[], integer[], text[], integer[], bigint[], text[], text[], bytea[], boolean); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.append_events(streams text[], expected bigint[], sizes integer[], clocks bigint[], earlier integer[], ids uuid[], owners integer[], types text[], schema_versions integer[], given bigint[], datas text[], metadatas text[], contents bytea[], repeats boolean) RETURNS TABLE(outcome integer, at_position bigint, at_version bigint, at_time bigint, previous bytea, behind bigint)
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
    knows_id      boolean;
BEGIN
    -- Fair, and released only after the commit can be seen: so positions become visible in their order.
    PERFORM pg_advisory_xact_lock(1702060916, to_regnamespace(current_schema())::oid::int4);
    IF cardinality(ids) = 1 THEN
        SELECT h.position, h.recorded_at, h.hash,
               coalesce((SELECT e.version FROM events e WHERE e.stream = streams[1] ORDER BY e.version DESC LIMIT 1), 0),
               EXISTS (SELECT FROM events e WHERE e.event_id = ids[1])
        INTO STRICT at_position, at_time, previous, at_version, knows_id FROM head h;
        server_time := extract(epoch FROM clock_timestamp()) * 1000000;
        behind := greatest(0, at_time - server_time);
        IF (expected[1] >= 0 AND at_version <> expected[1]) OR (expected[1] = -2 AND at_version = 0) THEN
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
            UPDATE head SET position = at_position + 1, recorded_at = at_time, hash = last_hash;
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;

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

    IF appended > 0 THEN
        INSERT INTO events (position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
        SELECT n.position, n.version, n.recorded_at, n.event_id, n.schema_version, streams[n.owner], n.type, n.hash,
               n.data::json, n.metadata::json
        FROM unnest(positions, versions, times, ids, schema_versions, owners, types, hashes, datas, metadatas)
             AS n (position, version, recorded_at, event_id, schema_version, owner, type, hash, data, metadata)
        WHERE n.position IS NOT NULL;
        UPDATE head SET position = last_position, recorded_at = last_time, hash = last_hash;
    END IF;
END
$$;


--
-- Name: commit_rows(text, text, bigint, bigint, bigint, bigint, uuid, bigint, text[], text[], uuid[], uuid[], bigint[], text[]); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.commit_rows(model text, which text, known bigint, logic bigint, wanted bigint, reached bigint, reached_id uuid, moment bigint, keys text[], contents text[], solved uuid[], failed uuid[], failed_at bigint[], failures text[]) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
DECLARE
    rows_table text := read_model_table(model, which);
    before     read_models;
BEGIN
    PERFORM lock_read_model(model);
    SELECT * INTO before FROM read_models r WHERE r.name = model AND r.part = which;
    IF coalesce(before.position, 0) <> wanted OR before.logic_version <> logic OR coalesce(before.commits, 0) <> known THEN
        RETURN false;
    END IF;
    IF to_regclass(rows_table) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (key text COLLATE "C" PRIMARY KEY, row json NOT NULL)', rows_table);
    END IF;
    IF cardinality(keys) > 0 THEN
        EXECUTE format('INSERT INTO %I AS old (key, row) SELECT n.key, n.row::json FROM unnest($1, $2) AS n (key, row)
                        ON CONFLICT (key) DO UPDATE SET row = excluded.row', rows_table) USING keys, contents;
    END IF;
    INSERT INTO read_models AS old (name, part, commits, logic_version, position, event_id, updated_at)
    VALUES (model, which, coalesce(before.commits, 0) + 1, logic, reached, reached_id, moment)
    ON CONFLICT (name, part) DO UPDATE SET
        commits = excluded.commits, logic_version = excluded.logic_version, position = excluded.position,
        event_id = excluded.event_id, updated_at = excluded.updated_at;
    IF cardinality(solved) > 0 THEN
        DELETE FROM problems p WHERE p.name = model AND p.part = which AND p.event_id = ANY (solved);
    END IF;
    IF cardinality(failed) > 0 THEN
        INSERT INTO problems AS old (name, part, event_id, position, problem)
        SELECT model, which, n.event_id, n.position, n.problem::json FROM unnest(failed, failed_at, failures) AS n (event_id, position, problem)
        ON CONFLICT (name, part, event_id) DO UPDATE SET position = excluded.position, problem = excluded.problem;
    END IF;
    RETURN true;
END
$_$;


--
-- Name: drop_read_model(text, text); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.drop_read_model(model text, which text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM lock_read_model(model);
    EXECUTE format('DROP TABLE IF EXISTS %I', read_model_table(model, which));
    DELETE FROM problems p WHERE p.name = model AND p.part = which;
    DELETE FROM read_models r WHERE r.name = model AND r.part = which;
    RETURN FOUND;
END
$$;


--
-- Name: exchange_read_models(text); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.exchange_read_models(model text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM lock_read_model(model);
    IF (SELECT count(*) FROM read_models r WHERE r.name = model AND r.part IN ('live', 'previous')) < 2 THEN
        RETURN false;
    END IF;
    -- No name of a read model ends so.
    PERFORM rename_read_model(model, 'live', ' aside');
    PERFORM rename_read_model(model, 'previous', 'live');
    PERFORM rename_read_model(model, ' aside', 'previous');
    RETURN true;
END
$$;


--
-- Name: field_value(json, text); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.field_value(document json, field text) RETURNS text
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
-- Name: lock_read_model(text); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.lock_read_model(model text) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('esctl read model ' || current_schema() || ' ' || model, 0))
$$;


--
-- Name: read_model_table(text, text); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.read_model_table(model text, which text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT 'rm_' || model || CASE which WHEN 'live' THEN '' ELSE '_' || which END
$$;


--
-- Name: rename_read_model(text, text, text); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.rename_read_model(model text, which text, becomes text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I RENAME TO %I', read_model_table(model, which), read_model_table(model, becomes));
    UPDATE problems p SET part = becomes WHERE p.name = model AND p.part = which;
    UPDATE read_models r SET part = becomes WHERE r.name = model AND r.part = which;
END
$$;


--
-- Name: swap_read_model(text, bigint, text[]); Type: FUNCTION; Schema: version2; Owner: -
--

CREATE FUNCTION version2.swap_read_model(model text, wanted bigint, fields text[]) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    next_table text := read_model_table(model, 'building');
    field      text;
BEGIN
    PERFORM lock_read_model(model);
    IF coalesce((SELECT r.position FROM read_models r WHERE r.name = model AND r.part = 'building'), 0) <> wanted
       OR to_regclass(next_table) IS NULL THEN
        RETURN false;
    END IF;
    FOREACH field IN ARRAY fields LOOP
        EXECUTE format('CREATE INDEX ON %I (left(field_value(row, %L), 100), key)', next_table, field);
    END LOOP;
    IF EXISTS (SELECT FROM read_models r WHERE r.name = model AND r.part = 'live') THEN
        PERFORM drop_read_model(model, 'previous');
        PERFORM rename_read_model(model, 'live', 'previous');
    END IF;
    PERFORM rename_read_model(model, 'building', 'live');
    RETURN true;
END
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: esctl_meta; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.esctl_meta (
    one smallint NOT NULL,
    schema_version integer NOT NULL,
    CONSTRAINT esctl_meta_one_check CHECK ((one = 1))
);


--
-- Name: events; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.events (
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
-- Name: head; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.head (
    one smallint NOT NULL,
    "position" bigint NOT NULL,
    recorded_at bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT head_one_check CHECK ((one = 1))
)
WITH (fillfactor='10');


--
-- Name: log; Type: VIEW; Schema: version2; Owner: -
--

CREATE VIEW version2.log AS
 SELECT events."position",
    events.stream,
    events.version,
    events.type,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + ((events.recorded_at)::double precision * '00:00:00.000001'::interval)) AS recorded_at,
    events.data,
    events.metadata
   FROM version2.events;


--
-- Name: problems; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.problems (
    name text NOT NULL COLLATE pg_catalog."C",
    part text NOT NULL COLLATE pg_catalog."C",
    event_id uuid NOT NULL,
    "position" bigint NOT NULL,
    problem json NOT NULL
);


--
-- Name: read_models; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.read_models (
    name text NOT NULL COLLATE pg_catalog."C",
    part text NOT NULL COLLATE pg_catalog."C",
    commits bigint NOT NULL,
    logic_version bigint NOT NULL,
    "position" bigint NOT NULL,
    event_id uuid,
    updated_at bigint NOT NULL
);


--
-- Name: records; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.records (
    kind text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    value json NOT NULL
);


--
-- Name: rm_resources; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.rm_resources (
    key text NOT NULL COLLATE pg_catalog."C",
    "row" json NOT NULL
);


--
-- Name: rm_resources_building; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.rm_resources_building (
    key text NOT NULL COLLATE pg_catalog."C",
    "row" json NOT NULL
);


--
-- Name: snapshots; Type: TABLE; Schema: version2; Owner: -
--

CREATE TABLE version2.snapshots (
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
-- Data for Name: esctl_meta; Type: TABLE DATA; Schema: version2; Owner: -
--

INSERT INTO version2.esctl_meta VALUES (1, 2);


--
-- Data for Name: events; Type: TABLE DATA; Schema: version2; Owner: -
--

INSERT INTO version2.events VALUES (1, 1, 1795994724872970, '01a229a0-a9b1-7267-beb1-d33558c04cf3', 1, 'resource-gold', 'resource.created', '\x8a29d666087d572ed05dfb8ee15e40bb3dba4dc216c0b63b628a314c6affdb8d', '{"amount":1000,"last_regenerated":"2026-11-29T23:25:24.785639Z","max_amount":2000,"metadata":{},"owner_id":"ann","regeneration_rate":0.5,"resource_type":"currency"}', '{"client_id":"upgrade","command":"resource.create","correlation_id":"01a229a0-a9b1-7267-beb1-d33558c04cf3"}');
INSERT INTO version2.events VALUES (2, 1, 1795994724906710, '01a229a0-aa28-74a2-808c-16b66cb88ad4', 1, 'resource-iron', 'resource.created', '\xa26f54f88ddfa085a0bb7c2844efc0de2e9db0de51ea54632a2249db463b0a41', '{"amount":5,"last_regenerated":"2026-11-29T23:25:24.904820Z","max_amount":10,"metadata":{"colour":"grey","é":"ü😀"},"owner_id":"bob","regeneration_rate":0.0,"resource_type":"metal"}', '{"client_id":"upgrade","command":"resource.create","correlation_id":"01a229a0-aa28-74a2-808c-16b66cb88ad4"}');
INSERT INTO version2.events VALUES (3, 2, 1795994724944550, '01a229a0-aa49-75f7-a1dc-ea9006398638', 1, 'resource-gold', 'resource.locked', '\x910b3a2ea7dcf1053c5094ad49ceb7eeaf70445a75c27fc83d9177d161f81449', '{"expiry":"2036-11-26T23:25:24.937720Z","reason":"maintenance ''night''"}', '{"client_id":"upgrade","command":"resource.lock","correlation_id":"01a229a0-aa49-75f7-a1dc-ea9006398638"}');
INSERT INTO version2.events VALUES (4, 2, 1795994724973756, '01a229a0-aa6c-7473-94ba-30513587ec7f', 1, 'resource-iron', 'resource.locked', '\x1318e9154d1bc6a2a33b2359971bef1fe1b8faee50309efc48e660a5ebfd7818', '{"expiry":"2026-11-29T23:25:24.973072Z"}', '{"client_id":"upgrade","command":"resource.lock","correlation_id":"01a229a0-aa6c-7473-94ba-30513587ec7f"}');
INSERT INTO version2.events VALUES (5, 3, 1795994725010893, '78413de9-4621-5a5e-bd8a-ef220345cbdc', 1, 'resource-iron', 'resource.allocated', '\xe80848eb89d51f75b2384e88256bf9fbe8c092df3ec3dd8aa0e62b403a90f593', '{"amount":1,"last_regenerated":"2026-11-29T23:25:25.008953Z","new_amount":4,"reason":"number 1","regenerated":0,"regeneration_remainder":0}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"712eec309440baf0f9fb98708b57f647","correlation_id":"78413de9-4621-5a5e-bd8a-ef220345cbdc","idempotency_key":"key-1"}');
INSERT INTO version2.events VALUES (6, 4, 1795994725041575, '5ed32a23-a00b-5b71-b70d-17a1d8b68b7e', 1, 'resource-iron', 'resource.allocated', '\x915291d50728bbd120875645fac0be841968f8784d060674acf790ca52b81f24', '{"amount":1,"last_regenerated":"2026-11-29T23:25:25.039690Z","new_amount":3,"reason":"number 2","regenerated":0,"regeneration_remainder":0}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"50e8f1e5fb2a7257c7df89bae08ec05e","correlation_id":"5ed32a23-a00b-5b71-b70d-17a1d8b68b7e","idempotency_key":"key-2"}');
INSERT INTO version2.events VALUES (7, 5, 1795994725073712, '815ead9f-a491-5d70-8306-cc46d52c2774', 1, 'resource-iron', 'resource.allocated', '\x1252089d342e41ff2163769bed55fd6f7da565e63fc777a6ac5a9e796bd8e169', '{"amount":1,"last_regenerated":"2026-11-29T23:25:25.072088Z","new_amount":2,"reason":"number 3","regenerated":0,"regeneration_remainder":0}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"70a00e2a05e701094cf6ac2707499f4b","correlation_id":"815ead9f-a491-5d70-8306-cc46d52c2774","idempotency_key":"key-3"}');
INSERT INTO version2.events VALUES (8, 6, 1795994725111093, '88d63572-bced-580f-9518-63ef19045710', 1, 'resource-iron', 'resource.allocated', '\xa553e246426ac70f6f6220aa035797d48e3380adfa9d1692b7ec58d6b57a9b90', '{"amount":1,"last_regenerated":"2026-11-29T23:25:25.109434Z","new_amount":1,"reason":"number 4","regenerated":0,"regeneration_remainder":0}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"96b6f670d5db8a7365f8f2452ef843b0","correlation_id":"88d63572-bced-580f-9518-63ef19045710","idempotency_key":"key-4"}');
INSERT INTO version2.events VALUES (9, 3, 1795994725143856, '01a229a0-ab16-773c-9f2d-4125fef11612', 1, 'resource-gold', 'resource.unlocked', '\xc0149399156c4bd41e38b3e1188550fe0ee49fd4d0bb32276baa9b042f7e03b6', '{}', '{"client_id":"upgrade","command":"resource.unlock","correlation_id":"01a229a0-ab16-773c-9f2d-4125fef11612"}');
INSERT INTO version2.events VALUES (10, 4, 1795994725175766, '3ed09fdb-80e3-5b80-ab1c-20a97aca8867', 1, 'resource-gold', 'resource.allocated', '\x2e8f26018a7a996ffc63ede83d94efcb9357003794d31e74bdd7cc6cd47d25fa', '{"amount":10,"last_regenerated":"2026-11-29T23:25:25.173964Z","new_amount":990,"regenerated":0,"regeneration_remainder":194162500000000000}', '{"client_id":"upgrade","command":"resource.allocate","command_hash":"b21707fae590035ef3bd349dc0ab7c61","correlation_id":"3ed09fdb-80e3-5b80-ab1c-20a97aca8867","idempotency_key":"gold-10"}');
INSERT INTO version2.events VALUES (11, 1, 1795994725207398, '01a229a0-ab46-76b0-8fa1-8baa0bed7858', 1, 'thing-1', 'thing.happened', '\x7aec253614b6a34f61f4f4674192bab99be9e31ae7e47dcda039dfd7c95606de', '{"big":9223372036854775807,"half":-0.5,"number":1,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (12, 2, 1795994725207399, '01a229a0-ab46-76b0-8fa1-8babc731d0c2', 1, 'thing-1', 'thing.happened', '\x49acdc5430ae7c286293934cccb5418fba895be6d5a34b6a6f97eb47971b0bf1', '{"big":9223372036854775807,"half":-0.5,"number":2,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (13, 3, 1795994725207400, '01a229a0-ab46-76b0-8fa1-8bac9265d8f3', 1, 'thing-1', 'thing.happened', '\xf579287d452192b3aca2b5b080fd25e853ebe2fbcee89e74e0e5ac585a18f60b', '{"big":9223372036854775807,"half":-0.5,"number":3,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (14, 4, 1795994725207401, '01a229a0-ab46-76b0-8fa1-8badc3d55bdc', 1, 'thing-1', 'thing.happened', '\x19601d50a24706967433a987168327f034720a75b4d55b5ef7463666aa93ae91', '{"big":9223372036854775807,"half":-0.5,"number":4,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (15, 5, 1795994725207402, '01a229a0-ab46-76b0-8fa1-8bae54340245', 1, 'thing-1', 'thing.happened', '\xea6bd3971db7641335e1a74e84565758524ea4f21ded2fe599319a2bb102afc4', '{"big":9223372036854775807,"half":-0.5,"number":5,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (16, 6, 1795994725207403, '01a229a0-ab46-76b0-8fa1-8baf9a220823', 1, 'thing-1', 'thing.happened', '\x00b2f5868d2a1f5174e75ff6371c458459fc7c4f7c13946bcbe8ddef8794f7cf', '{"big":9223372036854775807,"half":-0.5,"number":6,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (17, 7, 1795994725207404, '01a229a0-ab46-76b0-8fa1-8bb0d5aabfc6', 1, 'thing-1', 'thing.happened', '\x400ebc87d7f99877724c2513728271b884f60d3fab5c3b592a1f1e924abdda09', '{"big":9223372036854775807,"half":-0.5,"number":7,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (18, 8, 1795994725207405, '01a229a0-ab46-76b0-8fa1-8bb1f845e8d1', 1, 'thing-1', 'thing.happened', '\x573a1952cfaa02865b829f9cca13a0998228701cfc20519869e393fc4642e7e5', '{"big":9223372036854775807,"half":-0.5,"number":8,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (19, 9, 1795994725207406, '01a229a0-ab46-76b0-8fa1-8bb233965d75', 1, 'thing-1', 'thing.happened', '\x71c5764e14b302d196c2d0981ab61339f430ccf98761371c05bcd2729448e2a9', '{"big":9223372036854775807,"half":-0.5,"number":9,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (20, 10, 1795994725207407, '01a229a0-ab46-76b0-8fa1-8bb3ee11095e', 1, 'thing-1', 'thing.happened', '\x709695f3afb4f12a3e79fe140cd40b7c967ff64fae8179504f0f7241334593fa', '{"big":9223372036854775807,"half":-0.5,"number":10,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (21, 11, 1795994725207408, '01a229a0-ab46-76b0-8fa1-8bb4081192ee', 1, 'thing-1', 'thing.happened', '\x52e1b72b1965bac04835fb7ca6086343708f2a87482fa5054ffa3090d97297e6', '{"big":9223372036854775807,"half":-0.5,"number":11,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (22, 12, 1795994725207409, '01a229a0-ab46-76b0-8fa1-8bb56409f060', 1, 'thing-1', 'thing.happened', '\x8caecc372bc9d51ce24e07531c6fefd60a8163c1dd048e2474210c604ac1f1a2', '{"big":9223372036854775807,"half":-0.5,"number":12,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (23, 13, 1795994725207410, '01a229a0-ab46-76b0-8fa1-8bb6a394bb24', 1, 'thing-1', 'thing.happened', '\xf9eca7168886f758f283a3b7bde0ced09e0284fd760321ed6b88f5ca8dfb7c8b', '{"big":9223372036854775807,"half":-0.5,"number":13,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (24, 14, 1795994725207411, '01a229a0-ab46-76b0-8fa1-8bb74e896e7b', 1, 'thing-1', 'thing.happened', '\x0c1e33a384e1bc5ac80c95ae3bc404a3c8daf24eeb73d5c90f31fa3377b7f5d5', '{"big":9223372036854775807,"half":-0.5,"number":14,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (25, 15, 1795994725207412, '01a229a0-ab46-76b0-8fa1-8bb8efc857b8', 1, 'thing-1', 'thing.happened', '\x5b38e44527ec0c8fce37e2a9cac5f5b9dcbd1b9ab7df913b1d727f3689da9bd4', '{"big":9223372036854775807,"half":-0.5,"number":15,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (26, 16, 1795994725207413, '01a229a0-ab46-76b0-8fa1-8bb9a064ef86', 1, 'thing-1', 'thing.happened', '\x8554d6da992eb143b9c6d2d468d85444dd3655ca8645426206a1f9e4c6e9bd1b', '{"big":9223372036854775807,"half":-0.5,"number":16,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (27, 17, 1795994725207414, '01a229a0-ab46-76b0-8fa1-8bbae9a34f0d', 1, 'thing-1', 'thing.happened', '\xec9bf0e5cc862f0b6ac2bb22092a90cfd283266c314690331e5477e2eaee7a54', '{"big":9223372036854775807,"half":-0.5,"number":17,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (28, 18, 1795994725207415, '01a229a0-ab46-76b0-8fa1-8bbbc168d86a', 1, 'thing-1', 'thing.happened', '\xcd2f2f70b0b9a11e28e066f2e6a9acc9834b3c512453604904fec48b93da3bbf', '{"big":9223372036854775807,"half":-0.5,"number":18,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (29, 19, 1795994725207416, '01a229a0-ab46-76b0-8fa1-8bbc0ba46edd', 1, 'thing-1', 'thing.happened', '\xbda296224fa3fb88f4c02545cd9fcfcd80f98e006955b18827653431519c1ae8', '{"big":9223372036854775807,"half":-0.5,"number":19,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (30, 20, 1795994725207417, '01a229a0-ab46-76b0-8fa1-8bbda463c22f', 1, 'thing-1', 'thing.happened', '\xf965d3f44f13260f16646b3e0c10242432a3c175384386bee8ae6c9709a479c9', '{"big":9223372036854775807,"half":-0.5,"number":20,"text":"\u0001 é \\ \""}', '{"client_id":"upgrade","correlation_id":"01a229a0-ab46-76b0-8fa1-8baa0bed7858"}');
INSERT INTO version2.events VALUES (31, 1, 1795994725328955, '01a229a0-abcf-73de-a312-d176ff54d864', 1, 'resource-wood', 'resource.created', '\xdfa52b0d4a3b6cb2d326ce03180549953049e27d0e5d3cf0efc85a15a26707b9', '{"amount":7,"last_regenerated":"2026-11-29T23:25:25.327011Z","max_amount":100,"metadata":{},"owner_id":"ann","regeneration_rate":0.0,"resource_type":"material"}', '{"client_id":"upgrade","command":"resource.create","correlation_id":"01a229a0-abcf-73de-a312-d176ff54d864"}');
INSERT INTO version2.events VALUES (32, 2, 1795994725371416, '01a229a0-abf4-727e-ad37-96a58f1c66fe', 1, 'resource-wood', 'resource.added', '\xbf5471aa06a6cd67ef1af92b9d9dcba8a1c885c6dd824bcdeb76a3df131c8956', '{"amount":3,"last_regenerated":"2026-11-29T23:25:25.363961Z","new_amount":10,"regenerated":0,"regeneration_remainder":0,"requested":3}', '{"client_id":"upgrade","command":"resource.add","correlation_id":"01a229a0-abf4-727e-ad37-96a58f1c66fe"}');
INSERT INTO version2.events VALUES (33, 1, 1795994725409729, '018f0000-0000-7000-8000-000000000001', 1, 'thing-2', 'thing.happened', '\x4019f6e459f7ec737a6e1d8916844a5ac37377c1fbcb3c19ff3dd63dbbc2961a', '{}', '{"client_id":"upgrade","correlation_id":"018f0000-0000-7000-8000-000000000001"}');
INSERT INTO version2.events VALUES (34, 5, 1795994725511161, '01a229a0-ac85-753f-8a27-a63b9207de29', 1, 'resource-gold', 'resource.added', '\x67ada2b4205a3b56a6762841119f80b6fa2751be0012dd9cf6228078f53db2d8', '{"amount":5,"last_regenerated":"2026-11-29T23:25:25.509226Z","new_amount":995,"regenerated":0,"regeneration_remainder":361793500000000000,"requested":5}', '{"client_id":"upgrade","command":"resource.add","correlation_id":"01a229a0-ac85-753f-8a27-a63b9207de29"}');
INSERT INTO version2.events VALUES (35, 1, 1795994725570306, '01a229a0-acc0-726a-8f1b-6c6fbdccdc3e', 1, 'resource-late', 'resource.created', '\x824a7d285e4c2d0407120d96dde293973b663f68a26f72521a9054787d915685', '{"amount":1,"last_regenerated":"2026-11-29T23:25:25.568694Z","max_amount":1,"metadata":{},"owner_id":"eve","regeneration_rate":0.0,"resource_type":"currency"}', '{"client_id":"upgrade","command":"resource.create","correlation_id":"01a229a0-acc0-726a-8f1b-6c6fbdccdc3e"}');


--
-- Data for Name: head; Type: TABLE DATA; Schema: version2; Owner: -
--

INSERT INTO version2.head VALUES (1, 35, 1795994725570306, '\x824a7d285e4c2d0407120d96dde293973b663f68a26f72521a9054787d915685');


--
-- Data for Name: problems; Type: TABLE DATA; Schema: version2; Owner: -
--



--
-- Data for Name: read_models; Type: TABLE DATA; Schema: version2; Owner: -
--

INSERT INTO version2.read_models VALUES ('resources', 'building', 1, 1, 30, '01a229a0-ab46-76b0-8fa1-8bbda463c22f', 1795994725243127);
INSERT INTO version2.read_models VALUES ('resources', 'live', 2, 1, 34, '01a229a0-ac85-753f-8a27-a63b9207de29', 1795994725545043);


--
-- Data for Name: records; Type: TABLE DATA; Schema: version2; Owner: -
--

INSERT INTO version2.records VALUES ('projection', 'things', '{"name":"things","version":60305125,"categories":["thing"],"key":".event.stream","reduce":"{events: ((.state.events // 0) + 1)}"}');


--
-- Data for Name: rm_resources; Type: TABLE DATA; Schema: version2; Owner: -
--

INSERT INTO version2.rm_resources VALUES ('iron', '{"id":"iron","version":6,"owner_id":"bob","resource_type":"metal","amount":1,"max_amount":10,"last_updated":"2026-11-29T23:25:25.111093Z","is_locked":true,"regeneration_rate":0.0,"last_regenerated":"2026-11-29T23:25:25.109434Z","regeneration_remainder":0,"lock_reason":null,"lock_expiry":"2026-11-29T23:25:24.973072Z","created_at":"2026-11-29T23:25:24.906710Z","metadata":{"colour":"grey","é":"ü😀"}}');
INSERT INTO version2.rm_resources VALUES ('gold', '{"id":"gold","version":5,"owner_id":"ann","resource_type":"currency","amount":995,"max_amount":2000,"last_updated":"2026-11-29T23:25:25.511161Z","is_locked":false,"regeneration_rate":0.5,"last_regenerated":"2026-11-29T23:25:25.509226Z","regeneration_remainder":361793500000000000,"lock_reason":null,"lock_expiry":null,"created_at":"2026-11-29T23:25:24.872970Z","metadata":{}}');
INSERT INTO version2.rm_resources VALUES ('wood', '{"id":"wood","version":2,"owner_id":"ann","resource_type":"material","amount":10,"max_amount":100,"last_updated":"2026-11-29T23:25:25.371416Z","is_locked":false,"regeneration_rate":0.0,"last_regenerated":"2026-11-29T23:25:25.363961Z","regeneration_remainder":0,"lock_reason":null,"lock_expiry":null,"created_at":"2026-11-29T23:25:25.328955Z","metadata":{}}');


--
-- Data for Name: rm_resources_building; Type: TABLE DATA; Schema: version2; Owner: -
--

INSERT INTO version2.rm_resources_building VALUES ('gold', '{"id":"gold","version":4,"owner_id":"ann","resource_type":"currency","amount":990,"max_amount":2000,"last_updated":"2026-11-29T23:25:25.175766Z","is_locked":false,"regeneration_rate":0.5,"last_regenerated":"2026-11-29T23:25:25.173964Z","regeneration_remainder":194162500000000000,"lock_reason":null,"lock_expiry":null,"created_at":"2026-11-29T23:25:24.872970Z","metadata":{}}');
INSERT INTO version2.rm_resources_building VALUES ('iron', '{"id":"iron","version":6,"owner_id":"bob","resource_type":"metal","amount":1,"max_amount":10,"last_updated":"2026-11-29T23:25:25.111093Z","is_locked":true,"regeneration_rate":0.0,"last_regenerated":"2026-11-29T23:25:25.109434Z","regeneration_remainder":0,"lock_reason":null,"lock_expiry":"2026-11-29T23:25:24.973072Z","created_at":"2026-11-29T23:25:24.906710Z","metadata":{"colour":"grey","é":"ü😀"}}');


--
-- Data for Name: snapshots; Type: TABLE DATA; Schema: version2; Owner: -
--

INSERT INTO version2.snapshots VALUES ('resource-gold', 'resource', 4, '\x2e8f26018a7a996ffc63ede83d94efcb9357003794d31e74bdd7cc6cd47d25fa', 1, 1795994725419102, '{"id":"gold","version":4,"owner_id":"ann","resource_type":"currency","amount":990,"max_amount":2000,"last_updated":"2026-11-29T23:25:25.175766Z","is_locked":false,"regeneration_rate":0.5,"last_regenerated":"2026-11-29T23:25:25.173964Z","regeneration_remainder":194162500000000000,"lock_reason":null,"lock_expiry":null,"created_at":"2026-11-29T23:25:24.872970Z","metadata":{}}', '\x3087bc9542ce78e085a6c3f1ed2d93be53378f3c9c46127e17ba268365b7a3bc');
INSERT INTO version2.snapshots VALUES ('resource-iron', 'resource', 6, '\xa553e246426ac70f6f6220aa035797d48e3380adfa9d1692b7ec58d6b57a9b90', 1, 1795994725445647, '{"id":"iron","version":6,"owner_id":"bob","resource_type":"metal","amount":1,"max_amount":10,"last_updated":"2026-11-29T23:25:25.111093Z","is_locked":true,"regeneration_rate":0.0,"last_regenerated":"2026-11-29T23:25:25.109434Z","regeneration_remainder":0,"lock_reason":null,"lock_expiry":"2026-11-29T23:25:24.973072Z","created_at":"2026-11-29T23:25:24.906710Z","metadata":{"colour":"grey","é":"ü😀"}}', '\xc625fb0e15a20b0108190d785f86e1a9419bf09c7d0399030656ba60263ec75d');


--
-- Name: esctl_meta esctl_meta_pkey; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.esctl_meta
    ADD CONSTRAINT esctl_meta_pkey PRIMARY KEY (one);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.events
    ADD CONSTRAINT events_pkey PRIMARY KEY ("position");


--
-- Name: head head_pkey; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.head
    ADD CONSTRAINT head_pkey PRIMARY KEY (one);


--
-- Name: problems problems_pkey; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.problems
    ADD CONSTRAINT problems_pkey PRIMARY KEY (name, part, event_id);


--
-- Name: read_models read_models_pkey; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.read_models
    ADD CONSTRAINT read_models_pkey PRIMARY KEY (name, part);


--
-- Name: records records_pkey; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.records
    ADD CONSTRAINT records_pkey PRIMARY KEY (kind, name);


--
-- Name: rm_resources rm_resources_building_pkey; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.rm_resources
    ADD CONSTRAINT rm_resources_building_pkey PRIMARY KEY (key);


--
-- Name: rm_resources_building rm_resources_building_pkey1; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.rm_resources_building
    ADD CONSTRAINT rm_resources_building_pkey1 PRIMARY KEY (key);


--
-- Name: snapshots snapshots_pkey; Type: CONSTRAINT; Schema: version2; Owner: -
--

ALTER TABLE ONLY version2.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (stream, reducer, version);


--
-- Name: events_by_id; Type: INDEX; Schema: version2; Owner: -
--

CREATE UNIQUE INDEX events_by_id ON version2.events USING btree (event_id);


--
-- Name: events_by_stream; Type: INDEX; Schema: version2; Owner: -
--

CREATE UNIQUE INDEX events_by_stream ON version2.events USING btree (stream, version);


--
-- Name: problems_by_position; Type: INDEX; Schema: version2; Owner: -
--

CREATE INDEX problems_by_position ON version2.problems USING btree (name, part, "position");


--
-- Name: rm_resources_building_left_key_idx; Type: INDEX; Schema: version2; Owner: -
--

CREATE INDEX rm_resources_building_left_key_idx ON version2.rm_resources USING btree ("left"(version2.field_value("row", 'owner_id'::text), 100), key);


--
-- Name: rm_resources_building_left_key_idx1; Type: INDEX; Schema: version2; Owner: -
--

CREATE INDEX rm_resources_building_left_key_idx1 ON version2.rm_resources USING btree ("left"(version2.field_value("row", 'resource_type'::text), 100), key);


--
-- PostgreSQL database dump complete
--


