-- ARGV[2]: lease.
if redis.call('GET', LEASE) ~= ARGV[2] then return 0 end
return redis.call('PTTL', LEASE)
