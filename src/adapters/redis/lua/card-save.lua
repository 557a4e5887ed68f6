-- KEYS[12]: the office. ARGV[2]: card as JSON, [3]: who must hold the office; empty: nobody must. The card lives in the run's
-- own hash, so that it goes when the run goes.
if ARGV[3] ~= '' and redis.call('GET', KEYS[12]) ~= ARGV[3] then return 0 end
if redis.call('EXISTS', RUN) == 1 then redis.call('HSET', RUN, 'card', ARGV[2]) end
return 1
