-- ARGV[2]: bucket, [3]: pause in ms, [4]: the time in ms; empty: that of the server. A longer pause
-- stands, up to the longest that counts.
local key, forMs, nowMs = callsKey(ARGV[2]), tonumber(ARGV[3]), nowOr(ARGV[4])
local untilMs = math.max(nowMs + forMs, tonumber(redis.call('HGET', key, 'paused') or '0'))
untilMs = math.min(nowMs + LONGEST_PAUSE_MS, untilMs)
redis.call('HSET', key, 'paused', string.format('%.0f', untilMs))
keepFor(key, math.max(untilMs - nowMs, redis.call('PTTL', key) - SPARE_MS))
return 1
