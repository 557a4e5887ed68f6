local run = redis.call('HMGET', RUN, 'version', 'epoch', 'scratch')
if not run[1] then return false end
return { tonumber(run[1]), tonumber(run[2]), run[3], redis.call('LRANGE', EVENTS, 0, -1) }
