-- The content hash of an event whose payload was erased or archived; NULL for all others.
ALTER TABLE events ADD COLUMN content_hash BLOB;

-- The ids of quarantined events that the state leaves out: a JSON array.
ALTER TABLE snapshots ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]';

-- A program of schema version 2 that has the file open reads and updates `head`. It must stop with a reason: the name is
-- now a view that fails with that text.
ALTER TABLE head RENAME TO store_head;
CREATE VIEW head AS
SELECT json_extract('{}', 'this store has schema version 3; restart with a newer esctl') AS position, 0 AS recorded_at, NULL AS hash;
