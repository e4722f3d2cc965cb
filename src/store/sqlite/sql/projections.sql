-- A read model exists when both its table and its checkpoint do.
SELECT r.name, r.part, r.commits, r.logic_version, r.position, r.event_id, r.updated_at
FROM read_models r
WHERE EXISTS (SELECT 1 FROM sqlite_schema t
              WHERE t.type = 'table' AND t.name = 'rm_' || r.name || iif(r.part = 'live', '', '_' || r.part))
