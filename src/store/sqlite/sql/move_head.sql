UPDATE store_head SET position = ?1, recorded_at = ?2, hash = ?3
