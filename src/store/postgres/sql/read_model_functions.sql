-- Returns the value of a top-level field as a text that is equal for equal values only: 1 and 1.0 are equal, '1' is not.
-- NULL for null and for a missing field.
CREATE OR REPLACE FUNCTION field_value(document json, field text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE json_typeof(document -> field)
        WHEN 'number' THEN 'n' || trim_scale((document ->> field)::numeric)::text
        WHEN 'string' THEN 's' || (document ->> field)
        WHEN 'boolean' THEN 'b' || (document ->> field)
        WHEN 'array' THEN 'j' || (document -> field)::jsonb::text
        WHEN 'object' THEN 'j' || (document -> field)::jsonb::text
    END
$$;

CREATE OR REPLACE FUNCTION read_model_table(model text, which text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'rm_' || model || CASE which WHEN 'live' THEN '' ELSE '_' || which END
$$;

-- Only one session at a time changes a read model.
CREATE OR REPLACE FUNCTION lock_read_model(model text) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('esctl read model ' || current_schema() || ' ' || model, 0))
$$;

-- Returns true if both table and checkpoint exist.
CREATE OR REPLACE FUNCTION read_model_is_whole(model text, which text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT to_regclass(quote_ident(read_model_table(model, which))) IS NOT NULL
           AND EXISTS (SELECT FROM read_models r WHERE r.name = model AND r.part = which)
$$;

-- Writes rows, failed events and checkpoint together. Returns false, and writes nothing, when the checkpoint is not the
-- expected one, the read model had other commits (NULL: any number), or another logic version made it.
CREATE OR REPLACE FUNCTION commit_rows(
    model text, which text, known int8, logic int8, wanted int8, reached int8, reached_id uuid, moment int8,
    keys text[], contents text[], solved uuid[], failed uuid[], failed_at int8[], failures text[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    rows_table text := read_model_table(model, which);
    before     read_models;
BEGIN
    PERFORM lock_read_model(model);
    IF read_model_is_whole(model, which) THEN
        SELECT * INTO before FROM read_models r WHERE r.name = model AND r.part = which;
    END IF;
    IF coalesce(before.position, 0) <> wanted OR before.logic_version <> logic OR coalesce(before.commits, 0) <> known THEN
        RETURN false;
    END IF;
    IF before.name IS NULL THEN
        -- Of one that is not whole nothing is kept: its rows may be of any time.
        PERFORM drop_read_model(model, which);
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
$$;

-- Drops a read model. Returns false where there was none.
CREATE OR REPLACE FUNCTION drop_read_model(model text, which text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_read_model(model);
    EXECUTE format('DROP TABLE IF EXISTS %I', read_model_table(model, which));
    DELETE FROM problems p WHERE p.name = model AND p.part = which;
    DELETE FROM read_models r WHERE r.name = model AND r.part = which;
    RETURN FOUND;
END
$$;

-- Renames a part of a projection to another part, which must not exist.
CREATE OR REPLACE FUNCTION rename_read_model(model text, which text, becomes text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I RENAME TO %I', read_model_table(model, which), read_model_table(model, becomes));
    UPDATE problems p SET part = becomes WHERE p.name = model AND p.part = which;
    UPDATE read_models r SET part = becomes WHERE r.name = model AND r.part = which;
END
$$;

-- Swaps in the rebuilt read model; the live one becomes the previous one. The indexes are created first, while the live
-- one still answers queries.
CREATE OR REPLACE FUNCTION swap_read_model(model text, wanted int8, fields text[]) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    next_table text := read_model_table(model, 'building');
    field      text;
BEGIN
    PERFORM lock_read_model(model);
    IF NOT read_model_is_whole(model, 'building')
       OR (SELECT r.position FROM read_models r WHERE r.name = model AND r.part = 'building') <> wanted THEN
        RETURN false;
    END IF;
    FOREACH field IN ARRAY fields LOOP
        EXECUTE format('CREATE INDEX ON %I (left(field_value(row, %L), 100), key)', next_table, field);
    END LOOP;
    IF read_model_is_whole(model, 'live') THEN
        PERFORM drop_read_model(model, 'previous');
        PERFORM rename_read_model(model, 'live', 'previous');
    ELSIF NOT read_model_is_whole(model, 'previous') THEN
        PERFORM drop_read_model(model, 'previous');
    END IF;
    PERFORM drop_read_model(model, 'live');
    PERFORM rename_read_model(model, 'building', 'live');
    RETURN true;
END
$$;

-- Exchanges the live and the previous read model.
CREATE OR REPLACE FUNCTION exchange_read_models(model text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_read_model(model);
    IF NOT (read_model_is_whole(model, 'live') AND read_model_is_whole(model, 'previous')) THEN
        RETURN false;
    END IF;
    -- No name of a read model ends so.
    PERFORM rename_read_model(model, 'live', ' aside');
    PERFORM rename_read_model(model, 'previous', 'live');
    PERFORM rename_read_model(model, ' aside', 'previous');
    RETURN true;
END
$$
