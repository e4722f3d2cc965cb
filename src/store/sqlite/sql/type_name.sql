SELECT name FROM types WHERE id = ?1
