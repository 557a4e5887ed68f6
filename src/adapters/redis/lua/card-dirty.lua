-- ARGV[2]: limit. A run that is gone has no card to show: it leaves the queue.
local limit, found = tonumber(ARGV[2]), {}
for _, id in ipairs(redis.call('ZRANGE', DIRTY, 0, -1)) do
  if #found >= limit then break end
  local version = redis.call('HGET', runKey(id), 'version')
  redis.call('SREM', TOUCHED, id)
  if version then table.insert(found, { id, tonumber(version) }) else redis.call('ZREM', DIRTY, id) end
end
return found
