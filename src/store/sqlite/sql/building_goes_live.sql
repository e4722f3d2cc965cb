UPDATE projections SET building = 0 WHERE name = ?1 AND building = 1
