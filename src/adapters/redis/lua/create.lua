-- Needs: sha256, chain.
-- ARGV[2]: the run as JSON. KEYS[12]: its request key.
local run = cjson.decode(ARGV[2])
local known = redis.call('GET', KEYS[12])
if known then return { 'duplicate', known } end
if redis.call('EXISTS', RUN) == 1 then return { 'id-taken' } end

redis.call('SET', KEYS[12], run.id)
redis.call('HSET', RUN, 'cluster', run.cluster, 'runbook', run.runbook, 'request', KEYS[12],
  'version', 1, 'epoch', 0, 'finished', 0)
redis.call('DEL', EVENTS, LEASE)
redis.call('RPUSH', EVENTS, run.event)
redis.call('ZREM', FINISHED, run.id)
redis.call('ZADD', RUNS, redis.call('HINCRBY', COUNTERS, 'runs', 1), run.id)
redis.call('ZADD', DUE, run.dueMs, run.id)
writeAudit(run.audit)
markChanged(run.id)
return { 'created' }
