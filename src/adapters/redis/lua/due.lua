-- ARGV[2]: now, [3]: limit, [4]: due again if the ring is lost.
local ids = redis.call('ZRANGEBYSCORE', DUE, '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do redis.call('ZADD', DUE, ARGV[4], id) end
return ids
