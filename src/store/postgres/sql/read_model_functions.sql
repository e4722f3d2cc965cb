-- The value of a field at the top of a row, as a text that is the same for the same value and no other: 1 and 1.0 are
-- the same, '1' is not; NULL for null and for a field that is not there.
CREATE FUNCTION field_value(document json, field text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE json_typeof(document -> field)
        WHEN 'number' THEN 'n' || trim_scale((document ->> field)::numeric)::text
        WHEN 'string' THEN 's' || (document ->> field)
        WHEN 'boolean' THEN 'b' || (document ->> field)
        WHEN 'array' THEN 'j' || (document -> field)::jsonb::text
        WHEN 'object' THEN 'j' || (document -> field)::jsonb::text
    END
$$;

CREATE FUNCTION read_model_table(model text, beside boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'rm_' || model || CASE WHEN beside THEN '_building' ELSE '' END
$$;

-- One at a time changes a read model.
CREATE FUNCTION lock_read_model(model text) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('esctl read model ' || current_schema() || ' ' || model, 0))
$$;

-- Rows and checkpoint together; false, and nothing written, when the checkpoint is elsewhere or of other logic.
CREATE FUNCTION commit_rows(
    model text, beside boolean, logic int8, wanted int8, reached int8, reached_id uuid, moment int8, keys text[], contents text[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
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
$$;

-- What was built beside takes the place of the live one. Its indexes are made first, while the live one still answers.
CREATE FUNCTION swap_read_model(model text, wanted int8, fields text[]) RETURNS boolean
LANGUAGE plpgsql AS $$
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

-- Whether there was one.
CREATE FUNCTION drop_read_model(model text, beside boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_read_model(model);
    EXECUTE format('DROP TABLE IF EXISTS %I', read_model_table(model, beside));
    DELETE FROM projections p WHERE p.name = model AND p.building = beside;
    RETURN FOUND;
END
$$
