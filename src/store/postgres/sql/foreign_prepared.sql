-- The prepared transactions of this database.
SELECT transaction::text, gid, owner::text FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
