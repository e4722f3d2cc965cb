-- The tables and views of other programs, with their columns and their indexes over all rows. $1: a schema, or NULL for all.
SELECT n.nspname::text,
       c.relname::text,
       c.relkind IN ('v', 'm'),
       -- NULL for a table that was dropped meanwhile.
       coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false),
       (SELECT json_agg(json_build_array(
                   a.attname,
                   format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, NULL),
                   -- Not the text of the default, for which the server waits while the table is locked.
                   a.attidentity <> '' OR EXISTS (
                       SELECT FROM pg_depend p JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
                       WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass)
               ) ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
             LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text,
       (SELECT json_agg(json_build_array(
                   i.indisunique,
                   (SELECT json_agg(coalesce(a.attname::text, '') ORDER BY k.place)
                    FROM unnest(i.indkey) WITH ORDINALITY k(attribute, place)
                         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attribute AND k.attribute <> 0
                    WHERE k.place <= i.indnkeyatts)
               ) ORDER BY i.indexrelid)
        FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL)::text,
       EXISTS (SELECT FROM pg_class m WHERE m.relnamespace = n.oid AND m.relname = 'esctl_meta'),
       c.relkind = 'p'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg\_%'
  AND ($1::text IS NULL OR n.nspname = $1)
ORDER BY 1, 2
