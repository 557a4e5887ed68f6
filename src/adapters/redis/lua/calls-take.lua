-- ARGV[2]: {use, buckets} as JSON, [3]: the time in ms; empty: that of the server. The arithmetic is that of
-- src/core/call-budget.ts, in whole numbers. Answers 0 when granted, else after how many ms to ask again.
local PER_CALL = 60000
local request = cjson.decode(ARGV[2])
local nowMs = nowOr(ARGV[3])
local function asText(number) return string.format('%.0f', number) end
local found, waitMs = {}, 0
for index, bucket in ipairs(request.buckets) do
  local key = callsKey(bucket.name)
  local stored = redis.call('HMGET', key, 'level', 'at', 'paused')
  local full = bucket.burst * PER_CALL
  local level, at = tonumber(stored[1]) or full, tonumber(stored[2]) or nowMs
  local paused = tonumber(stored[3]) or 0
  -- Only a clock that was set back leaves these. Stored also on a denial: else it would count as set back again and again.
  if at > nowMs then
    at = nowMs
    redis.call('HSET', key, 'at', asText(at))
  end
  if paused > nowMs + LONGEST_PAUSE_MS then
    paused = nowMs + LONGEST_PAUSE_MS
    redis.call('HSET', key, 'paused', asText(paused))
  end
  level = math.min(full, level + (nowMs - at) * bucket.perMinute)
  found[index] = { level = level, paused = paused }
  if request.use ~= 'at-once' then
    local kept = request.use == 'ordinary' and bucket.reserve or 0
    local missing = math.ceil(((kept + 1) * PER_CALL - level) / bucket.perMinute)
    waitMs = math.max(waitMs, missing, paused - nowMs)
  end
end
if waitMs > 0 then return waitMs end

for index, bucket in ipairs(request.buckets) do
  local key = callsKey(bucket.name)
  local floor = -(bucket.burst + bucket.perMinute) * PER_CALL
  local level = math.max(floor, found[index].level - PER_CALL)
  redis.call('HSET', key, 'level', asText(level), 'at', asText(nowMs))
  -- A bucket that is full again, and was not asked to rest, is as good as none.
  local fullMs = math.ceil((bucket.burst * PER_CALL - level) / bucket.perMinute)
  keepFor(key, math.max(fullMs, found[index].paused - nowMs))
end
return 0
