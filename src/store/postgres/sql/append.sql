SELECT outcome, at_position, at_version, at_time, previous, behind
FROM append_group($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
