DELETE FROM snapshots s USING unnest($1::text[], $2::text[], $3::int8[]) AS n (stream, reducer, version)
WHERE s.stream = n.stream AND s.reducer = n.reducer AND s.version = n.version
