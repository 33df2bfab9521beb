-- Keeps a checkpoint if its number is the next, and marks the chains that have not gone on since; 1 if it did.
-- KEYS: checkpoints, unmarked chains.
-- ARGV: number, the number before it (empty for the first), record, what chains' keys begin with, and of each mark the
-- chain and its sequence.
local number, before, record, prefix = unpack(ARGV, 1, 4)
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local expected = nil
if before ~= '' then expected = before .. '-1' end
if (last and last[1]) ~= expected then return 0 end
redis.call('SCARD', KEYS[2])

-- Numbers of 64 bits do not fit into Lua's: they are compared as they are written.
local function below(left, right)
  return #left < #right or (#left == #right and left < right)
end

local reached = {}
for index = 5, #ARGV, 2 do
  local sequence = redis.call('HGET', prefix .. ARGV[index], 'sequence')
  if sequence and not below(ARGV[index + 1], sequence) then
    reached[#reached + 1] = ARGV[index]
  end
end
redis.call('XADD', KEYS[1], number .. '-1', 'line', record)
for _, name in ipairs(reached) do
  redis.call('SREM', KEYS[2], name)
end
return 1
