-- ARGV[2]: bucket, [3]: pause in ms, [4]: the time in ms; empty: that of the server. A longer pause stands.
local key, forMs, nowMs = callsKey(ARGV[2]), tonumber(ARGV[3]), nowOr(ARGV[4])
local untilMs = math.max(nowMs + forMs, tonumber(redis.call('HGET', key, 'paused') or '0'))
redis.call('HSET', key, 'paused', string.format('%.0f', untilMs))
keepFor(key, math.max(untilMs - nowMs, redis.call('PTTL', key) - SPARE_MS))
return 1
