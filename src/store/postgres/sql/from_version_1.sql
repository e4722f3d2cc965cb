-- After version_2.sql and before the functions.
INSERT INTO read_models (name, part, commits, logic_version, position, event_id, updated_at)
SELECT name, CASE WHEN building THEN 'building' ELSE 'live' END, 1, logic_version, position, event_id, updated_at FROM projections;
DROP TABLE projections;
DROP FUNCTION commit_rows(text, boolean, int8, int8, int8, uuid, int8, text[], text[]);
DROP FUNCTION swap_read_model(text, int8, text[]);
DROP FUNCTION drop_read_model(text, boolean);
DROP FUNCTION read_model_table(text, boolean);
DROP FUNCTION lock_read_model(text);
UPDATE esctl_meta SET schema_version = 2;
