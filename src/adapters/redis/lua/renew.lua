-- ARGV[2]: run, [3]: lease, [4]: time to live in ms, [5]: due if nothing more is heard of the worker.
if redis.call('GET', LEASE) ~= ARGV[3] then return 0 end
redis.call('PEXPIRE', LEASE, ARGV[4])
redis.call('ZADD', DUE, ARGV[5], ARGV[2])
return 1
