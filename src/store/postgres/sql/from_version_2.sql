-- After version_3.sql and before the functions.
DROP FUNCTION append_events(text[], int8[], int4[], int8[], int4[], uuid[], int4[], text[], int4[], int8[], text[], text[], bytea[], boolean);
