DELETE FROM snapshots WHERE stream = ?1 AND reducer = ?2 AND version = ?3
