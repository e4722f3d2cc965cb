-- On a standby, the oldest open transaction of the primary and the next one, as far as both have numbers; nulls on a primary.
SELECT CASE WHEN r THEN pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text END,
       CASE WHEN r THEN pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text END
FROM (SELECT pg_catalog.pg_is_in_recovery() AS r) recovery
