-- Steps from name to name: $1 is a single name (or NULL), $2 and $3 are the lowest name and the upper bound of a range above
-- it; $4 is the name after which the answer begins.
WITH RECURSIVE found AS (
    SELECT least(
        (SELECT e.stream FROM events e WHERE e.stream = $1 AND e.stream > $4 LIMIT 1),
        (SELECT e.stream FROM events e WHERE e.stream >= $2 AND e.stream > $4 AND e.stream < $3 ORDER BY e.stream LIMIT 1)
    ) AS stream
    UNION ALL
    SELECT (SELECT e.stream FROM events e
            WHERE e.stream > f.stream AND e.stream >= $2 AND e.stream < $3 ORDER BY e.stream LIMIT 1)
    FROM found f WHERE f.stream IS NOT NULL
)
SELECT f.stream, last.version, last.position, last.recorded_at, (SELECT position FROM store_head)
FROM (SELECT stream FROM found WHERE stream IS NOT NULL LIMIT $5) f
CROSS JOIN LATERAL (
    SELECT e.version, e.position, e.recorded_at FROM events e WHERE e.stream = f.stream ORDER BY e.version DESC LIMIT 1
) last
