SELECT position, recorded_at, hash FROM head
