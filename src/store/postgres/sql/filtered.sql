-- For an event that does not match only its place is sent.
SELECT place, position, version, recorded_at, event_id, schema_version,
       CASE WHEN wanted THEN stream END, CASE WHEN wanted THEN type END, CASE WHEN wanted THEN hash END,
       CASE WHEN wanted THEN data END, CASE WHEN wanted THEN metadata END, CASE WHEN wanted THEN content_hash END
FROM ({page}) page
CROSS JOIN LATERAL (
    SELECT (cardinality({categories}) = 0 OR split_part(stream, '-', 1) = ANY ({categories}))
           AND (cardinality({types}) = 0 OR type = ANY ({types})) AS wanted
    OFFSET 0
) filter
