SELECT id, name FROM types WHERE id BETWEEN ?1 AND ?2
