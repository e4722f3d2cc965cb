DELETE FROM projections WHERE name = ?1 AND building = ?2
