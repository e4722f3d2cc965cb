SELECT name, building, logic_version, position, event_id, updated_at FROM projections ORDER BY name, building
