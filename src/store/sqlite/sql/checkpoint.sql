SELECT position, logic_version, commits FROM read_models WHERE name = ?1 AND part = ?2
