-- The first command that this user may not use, of those that the other scripts write with: where they find it out by
-- themselves, half of a change may be made. Refusals for other reasons come later, and of whole scripts.
-- KEYS: one that is used for nothing else.
local probe = KEYS[1]
local commands = {
  { 'XADD', probe, '1-1', 'line', '' },
  { 'XTRIM', probe, 'MINID', '1-1' },
  { 'HSET', probe, 'field', '' },
  { 'ZADD', probe, '0', '' },
  { 'SADD', probe, '' },
  { 'SREM', probe, '' },
  { 'SET', probe, '0' },
  { 'INCR', probe },
  { 'DECR', probe },
  { 'DEL', probe },
}
local denied = false
for _, command in ipairs(commands) do
  local reply = redis.pcall(unpack(command))
  local refusal = type(reply) == 'table' and reply.err or ''
  if string.find(refusal, "can't run this command", 1, true) or string.find(refusal, 'NOPERM', 1, true)
    or string.find(refusal, "can't access", 1, true) then
    denied = denied or command[1]
  end
end
return denied
