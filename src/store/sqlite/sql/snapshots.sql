SELECT stream, reducer, version, reducer_version, taken_at, length(CAST(state AS BLOB)) FROM snapshots
WHERE stream BETWEEN ?1 AND ?2 AND (stream, reducer, version) > (?3, ?4, ?5)
ORDER BY stream, reducer, version
LIMIT ?6
