-- ARGV[2]: run, [3]: worker, [4]: time to live in ms, [5]: due if nothing more is heard of the worker.
local finished = redis.call('HGET', RUN, 'finished')
if finished ~= '0' or redis.call('EXISTS', LEASE) == 1 then return false end
local epoch = redis.call('HINCRBY', RUN, 'epoch', 1)
redis.call('SET', LEASE, ARGV[3] .. ':' .. string.format('%.0f', epoch), 'PX', ARGV[4])
redis.call('ZADD', DUE, ARGV[5], ARGV[2])
return epoch
