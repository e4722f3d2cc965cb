-- A read model exists when both its table and its checkpoint do.
SELECT r.name, r.part, r.commits, r.logic_version, r.position, r.event_id, r.updated_at
FROM read_models r
WHERE EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r'
              AND c.relname = 'rm_' || r.name || CASE r.part WHEN 'live' THEN '' ELSE '_' || r.part END)
