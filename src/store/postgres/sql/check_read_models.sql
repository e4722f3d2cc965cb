-- Incomplete read models.
WITH kept AS (
    SELECT name, part, 'rm_' || name || CASE part WHEN 'live' THEN '' ELSE '_' || part END AS rows_table FROM read_models
), tables AS (
    SELECT relname::text AS name FROM pg_class
    WHERE relnamespace = to_regnamespace(current_schema()) AND relkind = 'r' AND relname LIKE 'rm\_%'
)
SELECT format('read model %s (%s) has a checkpoint and no table', k.name, k.part) FROM kept k
WHERE k.part IN ('live', 'building', 'previous') AND k.rows_table NOT IN (SELECT name FROM tables)
UNION ALL
SELECT format('the checkpoint of read model "%s" names an unknown part, "%s"', k.name, k.part) FROM kept k
WHERE k.part NOT IN ('live', 'building', 'previous')
UNION ALL
SELECT format('table %s is of a read model without a checkpoint', t.name) FROM tables t
WHERE t.name NOT IN (SELECT rows_table FROM kept) AND position(' ' IN t.name) = 0 -- the table of a load
UNION ALL
SELECT DISTINCT format('there are failed events of read model "%s" (%s), which is missing', p.name, p.part) FROM problems p
WHERE NOT EXISTS (SELECT FROM kept k WHERE k.name = p.name AND k.part = p.part)
LIMIT 20
