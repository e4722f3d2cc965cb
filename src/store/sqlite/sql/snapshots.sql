SELECT stream, reducer, version, reducer_version, taken_at, length(CAST(state AS BLOB)) FROM snapshots
WHERE (?1 IS NULL OR stream = ?1) AND (stream, reducer, version) > (?2, ?3, ?4)
ORDER BY stream, reducer, version
LIMIT ?5
