-- Appends an event if it follows what the chain holds; 1 if it did.
-- KEYS: all chains, unmarked chains, number of open sessions, the chain, its events, its snapshot.
-- ARGV: chain, sequence, the sequence before it (empty for the first), hash before it, tenant, hash, time, closed,
-- line, snapshot (empty where it stays), kind, engine, time of the first event.
local chains, unmarked, open, chain, events, snapshot = unpack(KEYS)
local name, sequence, before, previous, tenant, hash, time, closed, line, state, kind, engine, created = unpack(ARGV)

local held = redis.call('HMGET', chain, 'sequence', 'hash', 'tenant', 'closed', 'kind')
local begins = not held[1]
if begins then
  if before ~= '' or previous ~= string.rep('0', 64) then return 0 end
elseif held[4] ~= '0' or held[1] ~= before or held[2] ~= previous or held[3] ~= tenant then
  return 0
end

-- What is written below is read first: a key of another type fails here, while nothing has changed.
redis.call('ZSCORE', chains, name)
redis.call('SISMEMBER', unmarked, name)
if not tonumber(redis.call('GET', open) or '0') then
  return redis.error_reply('DAMAGED the number of open sessions is no number')
end

-- The server refuses a script for want of memory or of a disk at its first write or not at all, and the first write
-- must be one that takes memory. A sequence that is not above the last one is refused here as well.
redis.call('XADD', events, sequence .. '-1', 'line', line)
redis.call('HSET', chain, 'sequence', sequence, 'hash', hash, 'updated', time, 'closed', closed)
if begins then
  redis.call('HSET', chain, 'kind', kind, 'tenant', tenant, 'engine', engine, 'created', created)
  redis.call('ZADD', chains, 0, name)
else
  kind = held[5]
end
redis.call('SADD', unmarked, name)
if closed == '1' then
  redis.call('DEL', snapshot)
elseif state ~= '' then
  redis.call('SET', snapshot, state)
end
if kind == 'session' then
  if begins and closed == '0' then
    redis.call('INCR', open)
  elseif not begins and closed == '1' then
    redis.call('DECR', open)
  end
end
return 1
