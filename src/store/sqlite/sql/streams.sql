-- ?1 and ?2: the lowest and the name beyond the highest; ?3: names after this one
SELECT s.name, e.version, e.position, e.recorded_at
FROM streams s
JOIN events e ON e.stream = s.id AND e.version = (SELECT max(version) FROM events WHERE stream = s.id)
WHERE s.name >= ?1 AND s.name < ?2 AND s.name > ?3
ORDER BY s.name
LIMIT ?4
