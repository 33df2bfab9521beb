-- Removes the first events of a chain, and leaves a tombstone.
-- KEYS: the chain, its events. ARGV: the identifier that the first event to stay is not below, tombstone, its sequence.
if redis.call('HEXISTS', KEYS[1], 'sequence') == 0 then return 0 end
-- Another process may have removed more.
local held = redis.call('HGET', KEYS[1], 'tombstone')
if held then
  local read, last = pcall(cjson.decode, held)
  if read and type(last) == 'table' and (tonumber(last.sequence) or -1) >= tonumber(ARGV[3]) then return 0 end
end
-- Gives memory back, and is therefore done in a full server as well.
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[1])
redis.call('HSET', KEYS[1], 'tombstone', ARGV[2])
return 1
