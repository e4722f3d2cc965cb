-- Incomplete read models.
WITH kept AS (
    SELECT name, part, 'rm_' || name || iif(part = 'live', '', '_' || part) AS rows_table FROM read_models
), tables AS (
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'rm_*'
)
SELECT printf('read model %s (%s) has a checkpoint and no table', k.name, k.part) FROM kept k
WHERE k.part IN ('live', 'building', 'previous') AND k.rows_table NOT IN (SELECT name FROM tables)
UNION ALL
SELECT printf('the checkpoint of read model "%s" names an unknown part, "%s"', k.name, k.part) FROM kept k
WHERE k.part NOT IN ('live', 'building', 'previous')
UNION ALL
SELECT printf('table %s is of a read model without a checkpoint', t.name) FROM tables t
WHERE t.name NOT IN (SELECT rows_table FROM kept) AND t.name NOT GLOB '* *' -- the table of a load
UNION ALL
SELECT DISTINCT printf('there are failed events of read model "%s" (%s), which is missing', p.name, p.part) FROM problems p
WHERE NOT EXISTS (SELECT 1 FROM kept k WHERE k.name = p.name AND k.part = p.part)
LIMIT 20
