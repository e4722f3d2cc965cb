-- The schema as it is: a row for each column, key, index, view and function. What there is of columns is in their order.
SELECT 'column', c.relname::text, a.attname::text,
       format_type(a.atttypid, a.atttypmod) || CASE WHEN l.collname <> 'default' THEN format(' COLLATE "%s"', l.collname) ELSE '' END,
       a.attnotnull, a.attnum::int8
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT CASE WHEN i.indisprimary THEN 'key' ELSE 'index' END, c.relname::text, x.relname::text,
       (SELECT string_agg(coalesce(a.attname::text, '?'), ', ' ORDER BY k.place)
        FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (number, place)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0),
       i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL, 0::int8
FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r' AND i.indisready
UNION ALL
SELECT 'view', c.relname::text, '', '', false, 0::int8
FROM pg_class c WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'v'
UNION ALL
SELECT 'function', p.proname::text, '', p.prosrc, false, p.pronargs::int8
FROM pg_proc p WHERE p.pronamespace = to_regnamespace(current_schema())
ORDER BY 1, 2, 6, 3
