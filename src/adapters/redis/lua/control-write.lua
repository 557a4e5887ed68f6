-- Needs: sha256, chain.
-- KEYS[12]: records of the kind. ARGV[2]: the write as JSON. A stored record is `<revision> <value>`.
local write = cjson.decode(ARGV[2])
local current = redis.call('HGET', KEYS[12], write.key)
local revision = current and string.match(current, '^%d+') or nil
if write.seen ~= revision then return { 'stale', current } end

local next = string.format('%.0f', redis.call('HINCRBY', COUNTERS, 'control', 1))
if write.value then redis.call('HSET', KEYS[12], write.key, next .. ' ' .. write.value)
else redis.call('HDEL', KEYS[12], write.key) end
if write.also then
  local there = PREFIX .. 'control:' .. write.also.kind
  if write.also.value then redis.call('HSET', there, write.also.key, next .. ' ' .. write.also.value)
  else redis.call('HDEL', there, write.also.key) end
end
if write.notice then redis.call('HSET', PREFIX .. 'control:notice', write.notice.key, next .. ' ' .. write.notice.value) end
writeAudit(write.audit)
return { 'ok', next }
