-- An open chain of a tenant as it is at one moment: its head, its snapshot and the events after that.
-- KEYS: the chain, its events, its snapshot. ARGV: tenant, fields of the head.
local tenant = table.remove(ARGV, 1)
local state = redis.call('HMGET', KEYS[1], 'sequence', 'tenant', 'closed', 'kind')
if not state[1] or state[2] ~= tenant or state[3] == '1' or state[4] ~= 'session' then return false end
local snapshot = redis.call('GET', KEYS[3])
local from = '-'
if snapshot then
  local sequence = string.match(snapshot, '^(%d+) ')
  if not sequence then return redis.error_reply('DAMAGED the snapshot has no sequence') end
  from = '(' .. sequence .. '-1'
end
local tail = redis.pcall('XRANGE', KEYS[2], from, '+')
if tail.err then return redis.error_reply('DAMAGED ' .. tail.err) end
return { redis.call('HMGET', KEYS[1], unpack(ARGV)), snapshot, tail }
