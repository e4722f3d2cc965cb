-- Readable events for operators: SELECT * FROM esctl.log LIMIT 10
CREATE VIEW log AS
SELECT position,
       stream,
       version,
       type,
       timestamptz 'epoch' + recorded_at * interval '1 microsecond' AS recorded_at,
       data,
       metadata
FROM events
