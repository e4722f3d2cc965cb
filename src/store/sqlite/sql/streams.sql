-- ?1 and ?2 are the lowest name and the upper bound; ?3 is the name after which the answer begins.
SELECT s.name, e.version, e.position, e.recorded_at
FROM streams s
JOIN events e ON e.stream = s.id AND e.version = (SELECT max(version) FROM events WHERE stream = s.id)
WHERE s.name >= ?1 AND s.name < ?2 AND s.name > ?3
ORDER BY s.name
LIMIT ?4
