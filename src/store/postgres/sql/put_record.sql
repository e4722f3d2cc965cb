INSERT INTO records (kind, name, value) VALUES ($1, $2, $3::text::json)
ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value
