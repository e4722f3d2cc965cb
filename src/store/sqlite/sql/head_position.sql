SELECT position FROM store_head
