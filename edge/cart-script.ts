import { MAX_COUPONS, MAX_LINES, MAX_QUANTITY } from '@/commerce/pricing';
import type { Script } from './kv';
import { refuseEndedSession } from './session-marks';

/**
 * Every change of a cart, as one atomic step in KV: expected version, bounds, change, new version, expiry, read back.
 *
 * KEYS: 1 the cart's hash; 2, 3 the versions of catalog and stock, which come back with the answer at no trip of their
 * own; 4 for a signed-in caller, what is marked of its sessions.
 * ARGV: 1 operation, 2 expected versions (`,3,`, `*` for any that exists, empty for whatever is there), 3 seconds to
 * live, 4 the id of a cart to make where there is none (empty: make none), 5 its currency, 6 its country, 7 the caller's
 * session (empty for a guest), then
 *   add: 8 item id, 9 quantity, 10 prices (`EUR=1999 USD=2199 `), 11 variant id, 12 metadata as JSON
 *   set: 8 item id, 9 quantity (0 takes the line out), 10 prices
 *   code: 8 a promotion's code, to be kept; uncode: 8 a code, to be taken out
 *   put: field, value, field, value … (an empty value takes the field out)
 *
 * A line is the field `line:{item id}` holding `quantity number variant seen metadata`: `number` orders the lines, `seen`
 * is the price that the shopper was shown (`EUR=1999`). A code is the field `code:{code}` holding its `number`. KV never
 * parses JSON.
 *
 * Answers the outcome, then for `done` the hash and the two versions, otherwise the version of the cart.
 */
export const CHANGE_CART: Script = {
  source: `${refuseEndedSession('KEYS[4]', 'ARGV[7]')}
local cart, op = KEYS[1], ARGV[1]
local head = redis.call('HMGET', cart, 'id', 'version', 'currency', 'lines', 'next', 'codes')
local exists, version = head[1], head[2] or '0'
local currency, lines, number = head[3] or ARGV[5], tonumber(head[4] or 0), tonumber(head[5] or 0)
if ARGV[2] ~= '' and not (ARGV[2] == '*' and exists) and not string.find(ARGV[2], ',' .. version .. ',', 1, true) then
  return {'other_version', version}
end
if not exists and ARGV[4] == '' then return {'no_cart', version} end
local writes = {'version', string.format('%d', tonumber(version) + 1)}
local function write(field, value)
  writes[#writes + 1] = field
  writes[#writes + 1] = value
end
if not exists then
  write('id', ARGV[4])
  write('currency', currency)
  write('country', ARGV[6])
end
if op == 'put' then
  for i = 8, #ARGV, 2 do
    if ARGV[i + 1] == '' then redis.call('HDEL', cart, ARGV[i]) else write(ARGV[i], ARGV[i + 1]) end
  end
elseif op == 'code' then
  local codes = tonumber(head[6] or 0)
  if redis.call('HEXISTS', cart, 'code:' .. ARGV[8]) == 0 then
    if codes >= ${MAX_COUPONS} then return {'too_many_codes', version} end
    write('code:' .. ARGV[8], string.format('%d', number))
    write('codes', string.format('%d', codes + 1))
    write('next', string.format('%d', number + 1))
  end
elseif op == 'uncode' then
  if redis.call('HDEL', cart, 'code:' .. ARGV[8]) == 0 then return {'no_code', version} end
  write('codes', string.format('%d', tonumber(head[6]) - 1))
else
  local field = 'line:' .. ARGV[8]
  local line = redis.call('HGET', cart, field)
  local seen = string.match(ARGV[10], currency .. '=%d+')
  local quantity, tail = tonumber(ARGV[9]), nil
  if line then
    local had, place, variant, before, metadata = string.match(line, '^(%d+) (%d+) (%S+) (%S+) (.*)$')
    if op == 'add' then quantity = quantity + tonumber(had) end
    tail = place .. ' ' .. variant .. ' ' .. (seen or before) .. ' ' .. metadata
  end
  if op == 'add' and not seen then return {'not_sold', version, currency} end
  if op == 'set' and not line then return {'no_line', version} end
  if quantity > ${MAX_QUANTITY} then return {'too_many_units', version} end
  if not line then
    if lines >= ${MAX_LINES} then return {'too_many_lines', version} end
    tail = string.format('%d', number) .. ' ' .. ARGV[11] .. ' ' .. seen .. ' ' .. ARGV[12]
    write('lines', string.format('%d', lines + 1))
    write('next', string.format('%d', number + 1))
  end
  if quantity > 0 then
    write(field, string.format('%d', quantity) .. ' ' .. tail)
  else
    redis.call('HDEL', cart, field)
    write('lines', string.format('%d', lines - 1))
  end
end
redis.call('HSET', cart, unpack(writes))
redis.call('EXPIRE', cart, ARGV[3])
return {'done', redis.call('HGETALL', cart), redis.call('MGET', KEYS[2], KEYS[3])}`,
};

/** The hash of a cart, and the two versions. KEYS as above; ARGV: 1 the caller's session. */
export const READ_CART: Script = {
  source: `${refuseEndedSession('KEYS[4]', 'ARGV[1]')}
return {'done', redis.call('HGETALL', KEYS[1]), redis.call('MGET', KEYS[2], KEYS[3])}`,
};

/**
 * Ends a cart that was ordered: deletes it if it is still the one that was ordered; if it changed since, takes out what
 * was ordered and lets the rest live on under another id, since an id is good for one order.
 * KEYS: its hash. ARGV: 1 its id, 2 the version that was ordered, 3 the other id, then item id, quantity, item id, …
 * Answers 1 where the cart is gone, 2 where a rest lives on, 0 where it was not that cart.
 */
export const COMPLETE_CART: Script = {
  source: `
local cart = KEYS[1]
local head = redis.call('HMGET', cart, 'id', 'version', 'lines')
if head[1] ~= ARGV[1] then return 0 end
local lines = tonumber(head[3] or 0)
if head[2] ~= ARGV[2] then
  for i = 4, #ARGV, 2 do
    local field = 'line:' .. ARGV[i]
    local line = redis.call('HGET', cart, field)
    if line then
      local had, tail = string.match(line, '^(%d+)( .*)$')
      local left = tonumber(had) - tonumber(ARGV[i + 1])
      if left > 0 then
        redis.call('HSET', cart, field, string.format('%d', left) .. tail)
      else
        redis.call('HDEL', cart, field)
        lines = lines - 1
      end
    end
  end
end
if head[2] == ARGV[2] or lines == 0 then
  redis.call('DEL', cart)
  return 1
end
local version = string.format('%d', tonumber(head[2]) + 1)
redis.call('HSET', cart, 'id', ARGV[3], 'version', version, 'lines', string.format('%d', lines))
return 2`,
};

/**
 * Joins a guest's cart into an account's. KEYS: 1 the guest's hash, 2 the account's. ARGV: 1 seconds to live, 2 the
 * account's mail address, for a cart without one. Answers `none` where there was nothing to join, `all`, or `rest` where
 * something did not fit and stayed in the guest's cart.
 */
export const JOIN_CART: Script = {
  source: `
local guest, own = KEYS[1], KEYS[2]
local from = redis.call('HGETALL', guest)
if #from == 0 then return 'none' end
if redis.call('EXISTS', own) == 0 then
  redis.call('RENAME', guest, own)
  redis.call('HSETNX', own, 'email', ARGV[2])
  redis.call('HINCRBY', own, 'version', 1)
  redis.call('EXPIRE', own, ARGV[1])
  return 'all'
end
local head = redis.call('HMGET', own, 'version', 'lines', 'next', 'codes')
local lines, number, codes = tonumber(head[2] or 0), tonumber(head[3] or 0), tonumber(head[4] or 0)
local field = {}
local order = {}
for i = 1, #from, 2 do
  local name, value = from[i], from[i + 1]
  field[name] = value
  local place = string.match(name, '^line:') and string.match(value, '^%d+ (%d+) ')
    or string.match(name, '^code:') and value
  if place then order[#order + 1] = {tonumber(place), name} end
end
table.sort(order, function(a, b) return a[1] < b[1] end)
local keptLines, keptCodes = 0, 0
local function set(name, value) redis.call('HSET', own, name, value) end
local function keep(name)
  if string.match(name, '^code:') then keptCodes = keptCodes + 1 else keptLines = keptLines + 1 end
end
local function leave(name) redis.call('HDEL', guest, name) end
for _, entry in ipairs(order) do
  local name, value = entry[2], field[entry[2]]
  local had = redis.call('HGET', own, name)
  if string.match(name, '^code:') then
    if had then
      leave(name)
    elseif codes >= ${MAX_COUPONS} then
      keep(name)
    else
      set(name, string.format('%d', number))
      codes, number = codes + 1, number + 1
      leave(name)
    end
  else
    local quantity, rest = string.match(value, '^(%d+) %d+( .*)$')
    local all = tonumber(quantity)
    local fits = 0
    if had then
      local before, place = string.match(had, '^(%d+) (%d+) ')
      fits = math.min(all, ${MAX_QUANTITY} - tonumber(before))
      -- The price that was seen last is the guest's.
      if fits > 0 then set(name, string.format('%d', tonumber(before) + fits) .. ' ' .. place .. rest) end
    elseif lines < ${MAX_LINES} then
      fits = all
      set(name, string.format('%d', all) .. ' ' .. string.format('%d', number) .. rest)
      lines, number = lines + 1, number + 1
    end
    if fits == all then
      leave(name)
    else
      redis.call('HSET', guest, name, string.format('%d', all - fits) .. string.sub(value, #quantity + 1))
      keep(name)
    end
  end
end
for _, name in ipairs({'currency', 'country', 'email', 'shippingAddress', 'billingAddress', 'shippingMethodId',
  'channel', 'vatId', 'group'}) do
  if field[name] then set(name, field[name]) end
end
redis.call('HSETNX', own, 'email', ARGV[2])
redis.call('HSET', own, 'version', string.format('%d', tonumber(head[1]) + 1),
  'lines', string.format('%d', lines), 'next', string.format('%d', number), 'codes', string.format('%d', codes))
redis.call('EXPIRE', own, ARGV[1])
if keptLines + keptCodes == 0 then
  redis.call('DEL', guest)
  return 'all'
end
redis.call('HINCRBY', guest, 'version', 1)
redis.call('HSET', guest, 'lines', string.format('%d', keptLines), 'codes', string.format('%d', keptCodes))
return 'rest'`,
};
