-- ARGV[2]: card as JSON. The card lives in the run's own hash, so that it goes when the run goes.
if redis.call('EXISTS', RUN) == 0 then return 0 end
redis.call('HSET', RUN, 'card', ARGV[2])
return 1
