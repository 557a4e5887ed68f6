-- KEYS[12]: the office. ARGV[2]: who, [3]: time to live in ms.
local holder = redis.call('GET', KEYS[12])
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[12], ARGV[2], 'PX', ARGV[3])
return 1
