-- KEYS[12]: the office. ARGV[2]: who.
if redis.call('GET', KEYS[12]) == ARGV[2] then redis.call('DEL', KEYS[12]) end
return 1
