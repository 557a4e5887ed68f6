-- ARGV[2]: run.
if redis.call('EXISTS', RUN) == 0 then return 0 end
redis.call('HINCRBY', RUN, 'doubts', 1)
redis.call('SADD', TOUCHED, ARGV[2])
markChanged(ARGV[2])
return 1
