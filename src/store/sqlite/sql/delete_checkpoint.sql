DELETE FROM read_models WHERE name = ?1 AND part = ?2
