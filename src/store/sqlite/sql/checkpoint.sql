SELECT position, logic_version FROM projections WHERE name = ?1 AND building = ?2
