SELECT name, part, commits, logic_version, position, event_id, updated_at FROM read_models
