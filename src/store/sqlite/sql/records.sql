SELECT name, value FROM records WHERE kind = ?1 ORDER BY name
