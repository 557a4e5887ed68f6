-- ARGV[2]: run, [3]: lease, [4]: due again.
if redis.call('GET', LEASE) ~= ARGV[3] then return 0 end
redis.call('DEL', LEASE)
redis.call('ZADD', DUE, ARGV[4], ARGV[2])
return 1
