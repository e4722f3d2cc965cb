UPDATE read_models SET part = ?3 WHERE name = ?1 AND part = ?2
