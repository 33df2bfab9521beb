-- Begins a chain at a tombstone; 0 if it exists.
-- KEYS: all chains, unmarked chains, number of open sessions, the chain, its snapshot.
-- ARGV: chain, whether it is an open session, snapshot (empty where there is none), fields and values of the head and the tombstone.
local chains, unmarked, open, chain, snapshot = unpack(KEYS)
local name = table.remove(ARGV, 1)
local is_open = table.remove(ARGV, 1)
local state = table.remove(ARGV, 1)
if redis.call('EXISTS', chain) == 1 then return 0 end
redis.call('ZSCORE', chains, name)
redis.call('SISMEMBER', unmarked, name)
if not tonumber(redis.call('GET', open) or '0') then
  return redis.error_reply('DAMAGED the number of open sessions is no number')
end
redis.call('HSET', chain, unpack(ARGV))
if state ~= '' then redis.call('SET', snapshot, state) end
redis.call('ZADD', chains, 0, name)
redis.call('SADD', unmarked, name)
if is_open == '1' then redis.call('INCR', open) end
return 1
