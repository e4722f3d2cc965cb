-- In the order in which appends take these locks: otherwise each could wait for the other.
LOCK TABLE head, events, snapshots IN ACCESS EXCLUSIVE MODE;

-- The content hash of an event whose payload was erased or archived; NULL for all others.
ALTER TABLE events ADD COLUMN content_hash bytea;

-- The ids of quarantined events that the state leaves out: a JSON array.
ALTER TABLE snapshots ADD COLUMN left_out text NOT NULL DEFAULT '[]';

-- A program of schema version 2 that is connected reads and moves head: it finds it gone, looks what is there,
-- and stops because the store is newer.
ALTER TABLE head RENAME TO store_head;
UPDATE esctl_meta SET schema_version = 3;
