-- Needs: sha256, chain, conflict.
-- ARGV[2]: the lock by hand as JSON. Stands against every lock, also against those of the same person.
local write = cjson.decode(ARGV[2])
local name, entry = heldAgainst({ write.lock }, false)
if name then return { 'lock-held', name, entry } end
redis.call('HSET', LOCKS, write.lock.name, write.lock.entry)
writeAudit(write.audit)
return { 'ok' }
