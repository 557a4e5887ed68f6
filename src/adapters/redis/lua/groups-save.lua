-- KEYS[12]: hash of groups. ARGV[2]: group, [3]: users as JSON, [4]: when the question was put, [5]: the time in ms; empty:
-- that of the server. What was asked for later stays, unless its time has not come: then the clock was set back.
local beganMs, nowMs = tonumber(ARGV[4]), nowOr(ARGV[5])
local stored = redis.call('HGET', KEYS[12], ARGV[2])
if stored then
  local at = tonumber(string.match(stored, '^(%d+) '))
  if at and at > beganMs and at <= nowMs then return 0 end
end
redis.call('HSET', KEYS[12], ARGV[2], string.format('%.0f ', beganMs) .. ARGV[3])
return 1
