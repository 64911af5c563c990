// The module itself: no import, no trap, no secret left, no growth.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Module } from '../module.js';

const PASSWORD = 'correct horse battery staple';
const CODE = '918273';
const NOW = 1_760_000_000_000;
const encoder = new TextEncoder();

const answer = (status, body) => ({
  head: { status, headers: [['content-type', 'application/json']] },
  body: Buffer.from(JSON.stringify(body)).toString('base64'),
});
const challenge = answer(401, { detail: 'code', login_2fa_token: 'the-ticket' });
const token = answer(200, { token: 'head.body.signature' });
const start = (module) => module.call('login', { user: 'alice', secret: PASSWORD, hub: { seed: 42 } });

/** Logs in up to `need_code`, then up to `done`. */
const challenged = (module) => module.call('reply', { id: start(module).id, now: NOW, ...challenge });
function done(module) {
  const { id } = challenged(module);
  const step = module.call('code', { id, code: CODE, now: NOW });
  return module.call('reply', { id: step.id, now: NOW, ...token });
}

test('it imports nothing', () => {
  const bytes = readFileSync(new URL('../hub_auth.wasm', import.meta.url));
  assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), []);
});

test('neither password nor code is left in its memory', () => {
  const module = new Module();
  const holds = (text) => Buffer.from(module.memory).includes(text);
  const first = start(module);
  assert.ok(holds(PASSWORD), 'the scan finds what is there');
  const { id } = module.call('reply', { id: first.id, now: NOW, ...challenge });
  assert.ok(!holds(PASSWORD), 'after need_code');
  const step = module.call('code', { id, code: CODE, now: NOW });
  assert.ok(holds(CODE), 'the scan finds what is there');
  assert.equal(module.call('reply', { id: step.id, now: NOW, ...token }).step, 'done');
  assert.ok(!holds(PASSWORD) && !holds(CODE) && !holds('the-ticket'), 'after done');
});

test('10,000 logins in one instance: its memory does not grow', () => {
  const module = new Module();
  for (let n = 0; n < 100; n += 1) done(module);
  const before = module.memory.length;
  for (let n = 0; n < 10_000; n += 1) assert.equal(done(module).step, 'done');
  assert.equal(module.memory.length, before);
});

test('a wrong use is an error and costs the login nothing', () => {
  const module = new Module();
  const usage = (name, fields) => assert.throws(() => module.call(name, fields), { kind: 'usage' }, name);
  const { id } = start(module);
  usage('reply', { id: id + 1, now: NOW, ...challenge });
  usage('code', { id, code: CODE, now: NOW });
  usage('reply', { id, now: -1, ...challenge });
  usage('reply', { id, now: NOW, ...answer(99, {}) });
  usage('reply', { id, now: NOW, head: challenge.head, body: '~' });
  usage('reply', { id, now: NOW, ...challenge, extra: 1 });
  usage('nothing', {});
  usage('token', { session: 7, now: NOW });
  const next = module.call('reply', { id, now: NOW, ...challenge });
  assert.equal(next.step, 'need_code');
  usage('reply', { id, now: NOW, ...challenge });
  usage('code', { id: next.id, code: '', now: NOW });
  usage('code', { id: next.id, code: 'a\nb', now: NOW });
  assert.equal(module.call('code', { id: next.id, code: CODE, now: NOW }).step, 'send');
});

test('no bytes make it trap', () => {
  const module = new Module();
  const good = encoder.encode(JSON.stringify({ login: { user: 'a', secret: 'b', hub: { seed: 1 } } }));
  let seed = 1;
  const random = (below) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const ask = (bytes) => JSON.parse(Buffer.from(module.raw(bytes)).toString());
  for (const odd of ['', 'null', '[]', '{}', '{"login":{}}', '{"a":1,"b":2}', '['.repeat(100_000), '{"login":'.repeat(500)]) {
    assert.equal(ask(encoder.encode(odd)).kind, 'usage', odd.slice(0, 20));
  }
  assert.equal(ask(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)).kind, 'usage');
  for (let n = 0; n < 5_000; n += 1) {
    const bytes = good.slice(0, 1 + random(good.length));
    for (let flips = random(4); flips > 0; flips -= 1) bytes[random(bytes.length)] = random(256);
    ask(bytes);
  }
  assert.equal(done(module).step, 'done');
});

test('a host that never ends its logins meets a limit', () => {
  const module = new Module();
  const kinds = new Set();
  for (let n = 0; n < 10_001; n += 1) {
    try {
      start(module);
    } catch (error) {
      kinds.add(error.message);
    }
  }
  assert.deepEqual([...kinds], ['10000 logins are open; end or cancel some first']);
});

test('a failure shows the kind of transport error that the host reported', () => {
  const module = new Module();
  for (const kind of ['resolve', 'connect', 'tls', 'proxy', 'timeout', 'too_large', 'unreadable', 'closed']) {
    let step = module.call('login', { user: 'alice', secret: PASSWORD, hub: { seed: 42, sends: 1 } });
    step = module.call('failed', { id: step.id, now: NOW, kind, delivery: 'maybe_sent' });
    assert.deepEqual(step.failure.transport, { kind, delivery: 'maybe_sent' });
  }
});

test('an answer that is too long is one, whatever it says', () => {
  const module = new Module();
  const long = { ...token, body: Buffer.alloc(1024 * 1024 + 1, 'x').toString('base64') };
  const step = module.call('reply', { id: start(module).id, now: NOW, ...long });
  assert.equal(step.failure.kind, 'answer_too_large');
  assert.throws(() => module.raw(new Uint8Array(5 * 1024 * 1024)), { kind: 'usage' });
});
