INSERT INTO read_models (name, part, commits, logic_version, position, event_id, updated_at)
SELECT name, iif(building, 'building', 'live'), 1, logic_version, position, event_id, updated_at FROM projections;
DROP TABLE projections;
