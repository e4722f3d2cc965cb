-- Only one session at a time creates the store of this name.
SELECT pg_advisory_xact_lock(hashtextextended('esctl schema ' || $1::text, 0))
