-- Needs: sha256, chain.
-- ARGV[2]: name, mark and audit entries as JSON. Removes the lock by hand that was shown, nothing else.
local write = cjson.decode(ARGV[2])
local entry = redis.call('HGET', LOCKS, write.name)
local ok, lock = pcall(cjson.decode, entry or '')
local shown = ok and type(lock) == 'table' and lock.holder == 'person' and lock.mark == write.mark
if not shown then return { 'changed', entry } end
redis.call('HDEL', LOCKS, write.name)
writeAudit(write.audit)
return { 'ok' }
