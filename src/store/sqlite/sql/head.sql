SELECT position, recorded_at, hash FROM store_head
