SELECT stream, reducer, version, reducer_version, taken_at, octet_length(state::text)::int8 FROM snapshots
WHERE stream BETWEEN $1 AND $2 AND (stream, reducer, version) > ($3, $4, $5)
ORDER BY stream, reducer, version
LIMIT $6
