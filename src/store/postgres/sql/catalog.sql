-- The actual schema: a row for each column, key, index, constraint, view and function, and for each foreign addition that
-- changes the data that is written or read. Columns are in their order.
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
SELECT 'view', c.relname::text, '', substring(pg_get_viewdef(c.oid) from '(?i)\m(?:where|join|group|having|limit|offset|union|distinct)\M'), false, 0::int8
FROM pg_class c WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'v'
UNION ALL
SELECT 'function', format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), '',
       concat_ws(' ', l.lanname, p.provolatile, CASE WHEN p.proisstrict THEN 'strict' END, CASE WHEN p.prosecdef THEN 'definer' END,
                 p.proconfig::text) || p.prosrc, false, 0::int8
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = to_regnamespace(current_schema())
UNION ALL
SELECT 'check', c.relname::text, n.conname::text, pg_get_constraintdef(n.oid), false, 0::int8
FROM pg_class c JOIN pg_constraint n ON n.conrelid = c.oid
WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r' AND n.contype = 'c'
UNION ALL
SELECT 'default', c.relname::text, a.attname::text, pg_get_expr(d.adbin, d.adrelid), false, 0::int8
FROM pg_class c JOIN pg_attrdef d ON d.adrelid = c.oid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r'
UNION ALL
SELECT 'added', c.relname::text, '', added.what, false, 0::int8
FROM pg_class c CROSS JOIN LATERAL (
    SELECT format('the trigger %s', t.tgname) AS what
    FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype::int4 & 66 <> 0
    UNION ALL SELECT format('the rule %s', r.rulename) FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled <> 'D'
    UNION ALL SELECT 'row security' WHERE c.relrowsecurity
    UNION ALL SELECT 'child tables' WHERE EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid)
    UNION ALL SELECT 'no log (UNLOGGED)' WHERE c.relpersistence <> 'p'
) AS added
WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r'
ORDER BY 1, 2, 6, 3
