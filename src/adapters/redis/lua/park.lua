-- ARGV[2]: run, [3]: lease, [4]: version that was seen, [5]: due again. Compare-and-set: a change is never slept over.
if redis.call('GET', LEASE) ~= ARGV[3] then return 'lost-lease' end
if tonumber(redis.call('HGET', RUN, 'version')) ~= tonumber(ARGV[4]) then return 'stale' end
redis.call('DEL', LEASE)
redis.call('ZADD', DUE, ARGV[5], ARGV[2])
return 'ok'
