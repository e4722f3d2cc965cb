-- For a store of schema version 1.
SELECT name, CASE WHEN building THEN 'building' ELSE 'live' END, 1::int8, logic_version, position, event_id, updated_at
FROM projections
