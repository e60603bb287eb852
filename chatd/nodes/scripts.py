"""What Redis does in one step, in Lua. The one key is the prefix of all; the first argument is always the node's id.

nodes   a sorted set: ids by when their leases end, in ms by Redis' clock
about   a hash: what each node says about itself, as JSON
numbers a hash: of the last entry of each node
names   a hash: who holds each key of a name, as "node number"
log     a stream, trimmed at each sign of life, and gone as long after the last one
box:<id> a stream: the notes for each node, for 10 s; of one that is gone too, so that they can be taken back
beat    when any node last gave a sign of life
gen     the generation: another one when all was lost
told:<id> the number of the last entry of a node that was given up
All but log and box:<id> are there for a day after the last sign of life.
"""

from __future__ import annotations

_START = """
local p = KEYS[1]
local nodes, about, numbers, names, log = p .. 'nodes', p .. 'about', p .. 'numbers', p .. 'names', p .. 'log'
local me = ARGV[1]
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function outlive(kept) -- who is gone for good leaves nothing behind
  redis.call('PEXPIRE', log, kept)
  for _, key in ipairs({nodes, about, numbers, names, p .. 'beat', p .. 'gen'}) do
    redis.call('PEXPIRE', key, 86400000)
  end
end
"""

_LEASES = (
    _START
    + """
local function last()
  local e = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)
  return e[1] and e[1][1] or '0-0'
end
local function gone(id)
  redis.call('SET', p .. 'told:' .. id, redis.call('HGET', numbers, id) or '0', 'EX', 86400)
  redis.call('ZREM', nodes, id)
  redis.call('HDEL', about, id)
  redis.call('HDEL', numbers, id)
  local all = redis.call('HGETALL', names)
  for i = 1, #all, 2 do
    if string.sub(all[i + 1], 1, #id + 1) == id .. ' ' then redis.call('HDEL', names, all[i]) end
  end
  redis.call('XADD', log, '*', 'n', id, 's', '0', 'f', '[]')
end
local function beat(lease)
  local at, before = now(), tonumber(redis.call('GET', p .. 'beat') or '0')
  if at - before > lease / 2 then -- nobody could give a sign of life: it was Redis that was away
    for _, id in ipairs(redis.call('ZRANGE', nodes, 0, -1)) do redis.call('ZADD', nodes, at + lease, id) end
  end
  redis.call('SET', p .. 'beat', at)
  redis.call('ZADD', nodes, at + lease, me)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', nodes, '-inf', at)) do gone(id) end
end
"""
)

# Who was put back by another after all was lost has a lease, so that their names are kept, but must join again.
_FENCE = """
if redis.call('HEXISTS', about, me) == 0 then return redis.error_reply('FENCED') end
"""

# An entry that was read is there, unless it was cut off with all before it; and no earlier one is the newest.
_HAS_LOST = """
local function before(a, b)
  local a_ms, a_n, b_ms, b_n = string.match(a .. ' ' .. b, '(%d+)-(%d+) (%d+)-(%d+)')
  a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
  return a_ms < b_ms or (a_ms == b_ms and tonumber(a_n) < tonumber(b_n))
end
local function newest()
  local facts = redis.pcall('XINFO', 'STREAM', log)
  for i = 1, #facts, 2 do
    if facts[i] == 'last-generated-id' then return facts[i + 1] end
  end
  return '0-0'
end
local function has_lost(place)
  if place == '0-0' or before(newest(), place) then return place ~= '0-0' end
  local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  return first ~= nil and before(first[1], place) and #redis.call('XRANGE', log, place, place) == 0
end
"""

JOIN = (
    _LEASES
    + _HAS_LOST
    + """
local said, lease, generation, number, known = cjson.decode(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
if has_lost(ARGV[8]) then redis.call('DEL', p .. 'gen') end
local first = redis.call('SETNX', p .. 'gen', generation)
if first == 1 then
  redis.call('DEL', nodes, about, numbers, names, log)
  known = cjson.decode(known)
  for _, id in ipairs(known.nodes) do redis.call('ZADD', nodes, now() + lease, id) end
  for key, holder in pairs(known.names) do redis.call('HSET', names, key, holder) end
  redis.call('XADD', log, '*', 'n', me, 's', '-1', 'f', known.text)
  number = 0
end
for _, id in ipairs(redis.call('ZRANGE', nodes, 0, -1)) do
  local its = cjson.decode(redis.call('HGET', about, id) or '{}')
  if id ~= me and its.version and its.version > said.version then return redis.error_reply('LATER ' .. its.version) end
  if id ~= me and its.name == said.name then
    if its.started > said.started then return redis.error_reply('NAMED') end
    gone(id)
  end
end
local was = redis.call('ZSCORE', nodes, me) and 1 or 0
beat(lease)
redis.call('HSET', about, me, ARGV[2])
if was == 0 then redis.call('HSET', numbers, me, number) end
outlive(ARGV[7])
local told = tonumber(redis.call('GET', p .. 'told:' .. me) or '0')
return {redis.call('GET', p .. 'gen'), first, last(), was, told, redis.call('ZRANGE', nodes, 0, -1)}
"""
)

LEAVE = _LEASES + "if redis.call('ZSCORE', nodes, me) then gone(me) end return 1"

BEAT = (
    _LEASES
    + _FENCE
    + """
local mine, all = cjson.decode(ARGV[3]).version, redis.call('HVALS', about)
for _, said in ipairs(all) do
  local its = cjson.decode(said)
  if its.version and its.version > mine then return redis.error_reply('LATER ' .. its.version) end
end
beat(tonumber(ARGV[2]))
redis.call('HSET', about, me, ARGV[3])
redis.call('XTRIM', log, 'MINID', now() - tonumber(ARGV[4]))
outlive(ARGV[4])
return last()
"""
)

APPEND = (
    _START
    + _FENCE
    + """
if tonumber(ARGV[2]) <= tonumber(redis.call('HGET', numbers, me) or '0') then return 0 end
redis.call('HSET', numbers, me, ARGV[2])
for i = 5, #ARGV, 3 do
  if redis.call('HGET', names, ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', names, ARGV[i])
    if ARGV[i + 2] ~= '' then redis.call('HSET', names, ARGV[i], ARGV[i + 2]) end
  end
end
redis.call('XADD', log, 'MINID', '~', now() - tonumber(ARGV[4]), '*', 'n', me, 's', ARGV[2], 'f', ARGV[3])
redis.call('PEXPIRE', log, ARGV[4])
return 1
"""
)

CLAIM = (
    _LEASES
    + _FENCE
    + """
for i = 3, #ARGV do
  local holder = redis.call('HGET', names, ARGV[i])
  if holder and holder ~= ARGV[2] then return {0, last(), holder} end
end
for i = 3, #ARGV do redis.call('HSET', names, ARGV[i], ARGV[2]) end
return {1, last(), ''}
"""
)

POST = (
    _START
    + _FENCE
    + """
if not redis.call('ZSCORE', nodes, ARGV[2]) then return '' end
local box = p .. 'box:' .. ARGV[2]
local place = redis.call('XADD', box, 'MAXLEN', 10000, '*', 'f', ARGV[3])
redis.call('PEXPIRE', box, 10000)
return place
"""
)

NODES = """
local p, found = KEYS[1], {}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for _, id in ipairs(redis.call('ZRANGE', p .. 'nodes', 0, -1)) do
  local its = cjson.decode(redis.call('HGET', p .. 'about', id) or '{}')
  its.id, its.left_ms = id, redis.call('ZSCORE', p .. 'nodes', id) - now
  found[#found + 1] = its
end
return cjson.encode(found)
"""

ALL = (JOIN, LEAVE, BEAT, APPEND, CLAIM, POST, NODES)
