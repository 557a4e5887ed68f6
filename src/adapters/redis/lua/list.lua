-- ARGV[2]: limit, [3]: cluster or empty. Runs that expired before they were pruned are passed over.
local limit, cluster, found = tonumber(ARGV[2]), ARGV[3], {}
for _, id in ipairs(redis.call('ZREVRANGE', RUNS, 0, -1)) do
  if #found >= limit then break end
  local run = redis.call('HMGET', runKey(id), 'cluster', 'runbook', 'finished')
  if run[1] and (cluster == '' or cluster == run[1]) then table.insert(found, { id, run[1], run[2], run[3] }) end
end
return found
