-- KEYS[12]: the office. ARGV[2]: incident as JSON, [3]: who must hold the office; empty: nobody must, [4]: its key, which has
-- the same hash tag.
if ARGV[3] ~= '' and redis.call('GET', KEYS[12]) ~= ARGV[3] then return 0 end
redis.call('SET', ARGV[4], ARGV[2])
return 1
