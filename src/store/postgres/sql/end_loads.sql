DO $$
DECLARE
    loaded text;
BEGIN
    PERFORM lock_read_model('NAME');
    FOR loaded IN SELECT relname FROM pg_class
        WHERE relnamespace = to_regnamespace(current_schema()) AND relkind = 'r' AND starts_with(relname::text, 'rm_NAME ')
    LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I', loaded);
    END LOOP;
END
$$
