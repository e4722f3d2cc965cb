SELECT position, logic_version, commits FROM read_models
WHERE name = ?1 AND part = ?2 AND EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND sqlite_schema.name = ?3)
