-- For a store of schema version 1.
SELECT name, iif(building, 'building', 'live') AS part, 1, logic_version, position, event_id, updated_at FROM projections
