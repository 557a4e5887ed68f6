-- Stands in front of every script. ARGV[1]: prefix. KEYS[1..8]: as below; KEYS[9..11]: the run a script is about.
local PREFIX = ARGV[1]
local RUNS, DUE, FINISHED, LOCKS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local AUDIT, COUNTERS, DIRTY, TOUCHED = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local RUN, EVENTS, LEASE = KEYS[9], KEYS[10], KEYS[11]

-- Keys of a run that only the script knows. They share the hash tag, so they live on the same node.
local function runKey(id) return PREFIX .. 'run:' .. id end

-- Marks the card of a run dirty. One that is marked already keeps its place in the queue.
local function markChanged(id)
  if not redis.call('ZSCORE', DIRTY, id) then
    redis.call('ZADD', DIRTY, redis.call('HINCRBY', COUNTERS, 'dirty', 1), id)
  end
  redis.call('PUBLISH', PREFIX .. 'changed', id)
end

-- Run that holds a lock. An entry nobody can read belongs to no run: it stands until a person removes it.
local function holderOf(text)
  local ok, entry = pcall(cjson.decode, text)
  return ok and type(entry) == 'table' and entry.runId or ''
end

-- The buckets of the call budget. No pause counts longer than this.
local LONGEST_PAUSE_MS = 600000
local function callsKey(bucket) return PREFIX .. 'calls:' .. bucket end

-- Clocks of processes differ, so the server's counts; tests give one that they can move.
local function nowOr(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- A bucket's key stays a minute longer than it says something: one that is gone counts as full.
local SPARE_MS = 60000
local function keepFor(key, ms) redis.call('PEXPIRE', key, string.format('%.0f', ms + SPARE_MS)) end
