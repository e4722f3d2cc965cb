-- In the order in which appends take these locks, to avoid a deadlock.
LOCK TABLE head, events, snapshots IN ACCESS EXCLUSIVE MODE;

-- The content hash of an event whose payload was erased or archived; NULL for all others.
ALTER TABLE events ADD COLUMN content_hash bytea;

-- The ids of quarantined events that the state leaves out: a JSON array.
ALTER TABLE snapshots ADD COLUMN left_out text NOT NULL DEFAULT '[]';

-- A connected program of schema version 2 reads and updates head. It finds the table missing, identifies the store again,
-- and stops because the store is newer.
ALTER TABLE head RENAME TO store_head;
UPDATE esctl_meta SET schema_version = 3;
