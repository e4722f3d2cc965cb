SELECT id FROM types WHERE name = ?1
