import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { HubAuthError, login } from '../index.js';
import { Module } from '../module.js';
import { ALICE, BOB, sim } from './sim.js';

test('a login with one call', async (t) => {
  const hub = await sim(t);
  const grant = await login(BOB.user, BOB.secret, { base: hub.url });
  assert.equal(grant.user, 'bob');
  assert.ok(grant.expiresAt > new Date());
  assert.equal(grant.token.split('.').length, 3);
});

test('a login with a second factor', async (t) => {
  const hub = await sim(t);
  const asked = [];
  const code = (challenge) => {
    asked.push(challenge);
    return hub.code(challenge.user);
  };
  const grant = await login(ALICE.user, ALICE.secret, { base: hub.url, code });
  assert.equal(grant.user, 'alice');
  assert.deepEqual(asked, [{ user: 'alice', codesLeft: 3, previous: null }]);
});

test('a wrong password is refused once, with advice', async (t) => {
  const hub = await sim(t);
  const refused = login(BOB.user, 'wrong', { base: hub.url });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof HubAuthError);
    assert.equal(error.kind, 'credentials_refused');
    assert.equal(error.status, 401);
    assert.match(error.advice.next, /wrong tries lock the account/);
    return true;
  });
  assert.equal((await hub.requests()).length, 1);
});

test('without anyone to ask, a second factor ends the login', async (t) => {
  const hub = await sim(t);
  await assert.rejects(login(ALICE.user, ALICE.secret, { base: hub.url }), { kind: 'second_factor_required' });
});

test('what the caller throws ends the login and leaves nothing open', async (t) => {
  const hub = await sim(t);
  const module = new Module();
  const code = () => {
    throw new Error('not today');
  };
  await assert.rejects(login(ALICE.user, ALICE.secret, { base: hub.url, code, module }), /not today/);
  assert.throws(() => module.call('cancel', { id: 1 }), { kind: 'usage' });
  assert.throws(() => module.call('cancel', { id: 2 }), { kind: 'usage' });
});

test('no server: nothing was sent', async (t) => {
  const fetch = () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }));
  const refused = login(BOB.user, BOB.secret, { base: 'http://127.0.0.1:1', fetch, sleep: async () => {} });
  await assert.rejects(refused, (error) => {
    assert.deepEqual([error.kind, error.transport], ['transport', { kind: 'connect', delivery: 'not_sent' }]);
    return true;
  });
});

test('an answer that is not HTTP is final: the password is sent once', async (t) => {
  let connections = 0;
  const server = createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nno header\r\n\r\n')));
  server.on('connection', () => (connections += 1));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const refused = login(BOB.user, BOB.secret, { base: `http://127.0.0.1:${server.address().port}`, sleep: async () => {} });
  await assert.rejects(refused, { kind: 'malformed_answer', transport: { kind: 'unreadable', delivery: 'maybe_sent' } });
  assert.equal(connections, 1);
});

test('secrets go to https or loopback only', async () => {
  await assert.rejects(login(BOB.user, BOB.secret, { base: 'http://hub.docker.com' }), /is not https/);
});
