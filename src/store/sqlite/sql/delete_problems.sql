DELETE FROM problems WHERE name = ?1 AND part = ?2
