-- Behind sha256.lua. The audit log: a stream in which each entry names the hash of the one before it.
local CHAIN_START = string.rep('0', 64)

-- Entries: { text, hash } each, as `src/core/audit-seal.ts` makes them.
local function writeAudit(entries)
  local prev = redis.call('HGET', COUNTERS, 'audit:head') or CHAIN_START
  for _, entry in ipairs(entries) do
    local seq = string.format('%.0f', redis.call('HINCRBY', COUNTERS, 'audit', 1))
    local hash = sha256('{"entry":"' .. entry.hash .. '","prev":"' .. prev .. '","seq":' .. seq .. '}')
    redis.call('XADD', AUDIT, seq .. '-0', 'entry', entry.text, 'prev', prev, 'hash', hash)
    redis.call('HSET', COUNTERS, 'audit:head', hash)
    prev = hash
  end
end
