-- ARGV[2]: now, [3]: at most so many at once. A card that is still dirty leaves its queue when the queue is read.
local ids = redis.call('ZRANGEBYSCORE', FINISHED, '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do
  local request = redis.call('HGET', runKey(id), 'request')
  if request then redis.call('UNLINK', request) end
  redis.call('UNLINK', runKey(id), runKey(id) .. ':events')
  redis.call('ZREM', FINISHED, id)
  redis.call('ZREM', RUNS, id)
end
return #ids
