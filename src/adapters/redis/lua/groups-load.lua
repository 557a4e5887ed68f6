-- KEYS[12]: hash of groups. ARGV[2]: groups as JSON, [3]: the time in ms; empty: that of the server. Answers the time, then
-- what is stored of each: its time and its users as text.
local found = { string.format('%.0f', nowOr(ARGV[3])) }
for index, group in ipairs(cjson.decode(ARGV[2])) do
  found[index + 1] = redis.call('HGET', KEYS[12], group) or ''
end
return found
