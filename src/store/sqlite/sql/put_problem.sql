INSERT OR REPLACE INTO problems (name, part, event_id, position, problem) VALUES (?1, ?2, ?3, ?4, ?5)
