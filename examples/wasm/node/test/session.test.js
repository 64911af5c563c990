import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Session, verdict } from '../index.js';
import { ALICE, BOB, sim } from './sim.js';

const logins = async (hub) => (await hub.requests()).filter(({ target }) => target === '/v2/users/login').length;

test('one login serves 100 callers', async (t) => {
  const hub = await sim(t);
  const session = new Session(ALICE.user, ALICE.secret, { base: hub.url, code: ({ user }) => hub.code(user) });
  const tokens = await Promise.all(Array.from({ length: 100 }, () => session.token()));
  assert.equal(new Set(tokens).size, 1);
  assert.equal(await logins(hub), 1);
  session.close();
  await assert.rejects(session.token(), { kind: 'usage' });
});

test('a token is renewed when its time has come', async (t) => {
  const hub = await sim(t);
  let ahead = 0;
  const session = new Session(BOB.user, BOB.secret, { base: hub.url, now: () => Date.now() + ahead });
  const first = await session.token();
  assert.equal(await session.token(), first);
  // Half a minute before its thirty days are over.
  ahead = 30 * 24 * 3600 * 1000 - 30_000;
  assert.notEqual(await session.token(), first);
  assert.equal(await logins(hub), 2);
});

test('a refused password is held back until it is changed', async (t) => {
  const hub = await sim(t);
  const session = new Session(BOB.user, 'wrong', { base: hub.url });
  const refused = await Promise.allSettled(Array.from({ length: 10 }, () => session.token()));
  assert.deepEqual([...new Set(refused.map(({ reason }) => reason.kind))], ['credentials_refused']);
  await assert.rejects(session.token(), (error) => {
    assert.equal(error.kind, 'locked_out');
    assert.ok(error.retryAt > new Date());
    return true;
  });
  assert.equal(await logins(hub), 1);
  session.setAccount(BOB.user, BOB.secret);
  await session.token();
  assert.equal(await logins(hub), 2);
});

test('a leader that throws hands the login over', async (t) => {
  const hub = await sim(t);
  let asked = 0;
  const code = ({ user }) => {
    asked += 1;
    if (asked === 1) throw new Error('the prompt broke');
    return hub.code(user);
  };
  const session = new Session(ALICE.user, ALICE.secret, { base: hub.url, code });
  const [first, second] = await Promise.allSettled([session.token(), session.token()]);
  assert.match(first.reason.message, /the prompt broke/);
  assert.equal(second.status, 'fulfilled');
});

test('an API call carries the token, and is sent again after a 401', async (t) => {
  const hub = await sim(t);
  const session = new Session(BOB.user, BOB.secret, { base: hub.url, sleep: async () => {} });
  assert.equal((await session.fetch('/v2/user')).status, 200);
  await hub.fault({ fault: 'answer', status: 401, body: '{"message":"unauthorized"}' });
  assert.equal((await session.fetch('/v2/user')).status, 200);
});

test('a 429 holds the calls that follow', async (t) => {
  const hub = await sim(t);
  const session = new Session(BOB.user, BOB.secret, { base: hub.url });
  await session.token();
  await hub.fault({ fault: 'answer', status: 429, headers: { 'retry-after': '60' }, body: '{}' });
  assert.equal((await session.fetch('/v2/user')).status, 429);
  const before = (await hub.requests()).length;
  await assert.rejects(session.fetch('/v2/user'), { kind: 'rate_limited' });
  assert.equal((await hub.requests()).length, before);
});

test('the token goes to the Hub only', async (t) => {
  const hub = await sim(t);
  const session = new Session(BOB.user, BOB.secret, { base: hub.url });
  await assert.rejects(session.fetch('http://127.0.0.1:9/v2/user'), { kind: 'usage' });
  assert.equal((await hub.requests()).length, 0);
});

test('an answer is judged: allowed, not with this token, later', async (t) => {
  const hub = await sim(t);
  const session = new Session(BOB.user, BOB.secret, { base: hub.url });
  const judge = async () => verdict(await session.fetch('/v2/user'), await session.token());
  assert.equal((await judge()).verdict, 'fine');
  await hub.fault({ fault: 'answer', status: 403, body: '{"message":"no"}' });
  const forbidden = await judge();
  assert.equal(forbidden.verdict, 'not_with_this_token');
  assert.match(forbidden.advice.cause, /not allowed/);
  await hub.fault({ fault: 'answer', status: 429, headers: { 'retry-after': '60' }, body: '{}' });
  const later = await judge();
  assert.equal(later.verdict, 'retry_at');
  assert.ok(later.retryAt > new Date());
});
