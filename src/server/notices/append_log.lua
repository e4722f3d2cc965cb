-- Appends events to the log, those it has already left out, whoever else does the same at the same time.
-- KEYS[1]: the log. ARGV: how many entries to keep; then for each event its position, id, stream, version,
-- type, time, and what it says, which is empty where not everybody may see it.
-- Answers with the position of the last event that the log has had.
local last = 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      last = tonumber(string.match(info[i + 1], '^%d+'))
    end
  end
end
for i = 2, #ARGV, 7 do
  if tonumber(ARGV[i]) > last then
    last = tonumber(ARGV[i])
    local fields = {
      'position', ARGV[i], 'event_id', ARGV[i + 1], 'stream', ARGV[i + 2],
      'version', ARGV[i + 3], 'type', ARGV[i + 4], 'recorded_at', ARGV[i + 5]
    }
    if ARGV[i + 6] ~= '' then
      fields[13], fields[14] = 'data', ARGV[i + 6]
    end
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], ARGV[i] .. '-0', unpack(fields))
  end
end
return last
