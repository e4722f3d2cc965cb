SELECT max(version) FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?1)
