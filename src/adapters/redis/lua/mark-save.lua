-- KEYS[12]: the office. ARGV[2]: mark as JSON, [3]: who must hold the office, [4]: its key, which has the same hash tag.
if redis.call('GET', KEYS[12]) ~= ARGV[3] then return 0 end
redis.call('SET', ARGV[4], ARGV[2])
return 1
