SELECT stream, reducer, version, reducer_version, taken_at, octet_length(state::text)::int8 FROM snapshots
WHERE ($1::text IS NULL OR stream = $1) AND (stream, reducer, version) > ($2, $3, $4)
ORDER BY stream, reducer, version
LIMIT $5
