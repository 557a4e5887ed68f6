-- ARGV[2]: run, [3]: version that is shown. A touch after the card was taken up for showing keeps it dirty.
local version = tonumber(redis.call('HGET', RUN, 'version') or '0')
if version > tonumber(ARGV[3]) or redis.call('SISMEMBER', TOUCHED, ARGV[2]) == 1 then return 0 end
redis.call('ZREM', DIRTY, ARGV[2])
return 1
