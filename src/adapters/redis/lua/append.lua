-- Needs: sha256, chain, conflict.
-- ARGV[2]: the write as JSON. Everything is judged before anything is written: a script that fails half-way is not undone.
local write = cjson.decode(ARGV[2])
local run = redis.call('HMGET', RUN, 'version', 'finished', 'request')
local version, finished = tonumber(run[1]), run[2] == '1'
if not version then return { 'missing' } end
if write.used and redis.call('HEXISTS', RUN, 'used:' .. write.used) == 1 then return { 'duplicate' } end
if write.lease and redis.call('GET', LEASE) ~= write.lease then return { 'lost-lease' } end
if version ~= write.seen then return { 'stale', version } end
if finished and #write.locks > 0 then return redis.error_reply('ERR a finished run takes no locks') end

if write.guard then
  local there = redis.call('HGET', PREFIX .. 'control:' .. write.guard.kind, write.guard.key)
  if (there and string.match(there, '^%d+') or nil) ~= write.guard.revision then return { 'unguarded' } end
end

local held, holder = heldAgainst(write.locks, write.id)
if held then return { 'lock-held', held, holder } end

redis.call('HINCRBY', RUN, 'version', 1)
for _, event in ipairs(write.events) do redis.call('RPUSH', EVENTS, event) end
if write.scratch then redis.call('HSET', RUN, 'scratch', write.scratch) end
if write.clearScratch then redis.call('HDEL', RUN, 'scratch') end
if write.used then redis.call('HSET', RUN, 'used:' .. write.used, 1) end
for _, lock in ipairs(write.locks) do redis.call('HSETNX', LOCKS, lock.name, lock.entry) end
writeAudit(write.audit)

if write['end'] then
  for _, name in ipairs(redis.call('HKEYS', LOCKS)) do
    if holderOf(redis.call('HGET', LOCKS, name)) == write.id then redis.call('HDEL', LOCKS, name) end
  end
  redis.call('HSET', RUN, 'finished', 1)
  redis.call('DEL', LEASE)
  redis.call('ZREM', DUE, write.id)
  redis.call('ZADD', FINISHED, write['end'].keepUntilMs, write.id)
  for _, key in ipairs({ RUN, EVENTS, run[3] }) do redis.call('PEXPIRE', key, write['end'].keepMs) end
elseif write.dueMs and not finished then
  redis.call('ZADD', DUE, 'LT', write.dueMs, write.id)
end
markChanged(write.id)
return { 'ok', version + 1 }
