-- Locks exclude each other when they are equal or one stands over the other.
local function conflict(a, b)
  return a == b or string.sub(a, 1, #b + 1) == b .. '/' or string.sub(b, 1, #a + 1) == a .. '/'
end

-- The first lock, by name, that stands against one of these and is not held by this run (false: by anybody). Nil: none.
local function heldAgainst(wanted, run)
  local held = redis.call('HKEYS', LOCKS)
  table.sort(held)
  for _, name in ipairs(held) do
    for _, lock in ipairs(wanted) do
      local entry = conflict(name, lock.name) and redis.call('HGET', LOCKS, name)
      if entry and (not run or holderOf(entry) ~= run) then return name, entry end
    end
  end
end
