INSERT OR REPLACE INTO read_models (name, part, commits, logic_version, position, event_id, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
