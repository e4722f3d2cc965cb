INSERT OR REPLACE INTO records (kind, name, value) VALUES (?1, ?2, ?3)
