-- Takes one request from a quota as `Window` does: permitted, remaining, first slot that counts, now.
-- KEYS: what the client asked for lately, as `slot:count` by commas.
-- ARGV: requests, slots, milliseconds of a slot; in tests the time in milliseconds.
local requests, slots, slot_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local counted = {}
for at, count in string.gmatch(redis.call('GET', KEYS[1]) or '', '(%d+):(%d+)') do
  counted[#counted + 1] = { tonumber(at), tonumber(count) }
end
local slot = math.floor(now / slot_ms)
if #counted > 0 then slot = math.max(slot, counted[#counted][1]) end
local kept, used = {}, 0
for _, pair in ipairs(counted) do
  if pair[1] >= slot - (slots - 1) then
    kept[#kept + 1] = pair
    used = used + pair[2]
  end
end
local first = kept[1] and kept[1][1] or slot
if used >= requests then return { 0, 0, first, now } end

if #kept > 0 and kept[#kept][1] == slot then
  kept[#kept][2] = kept[#kept][2] + 1
else
  kept[#kept + 1] = { slot, 1 }
end
local parts = {}
for _, pair in ipairs(kept) do
  parts[#parts + 1] = string.format('%.0f:%.0f', pair[1], pair[2])
end
-- Until the last slot has left the window, and at most until a date that the server takes.
local lasts = math.max(1, math.min((slot + slots) * slot_ms - now, 1e15))
redis.call('SET', KEYS[1], table.concat(parts, ','), 'PX', string.format('%.0f', lasts))
return { 1, requests - used - 1, first, now }
