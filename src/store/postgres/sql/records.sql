SELECT name, value::text FROM records WHERE kind = $1 ORDER BY name
