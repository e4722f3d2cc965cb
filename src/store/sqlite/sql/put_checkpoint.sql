INSERT OR REPLACE INTO projections (name, building, logic_version, position, event_id, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
