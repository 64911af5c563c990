// Every scenario of the simulated Hub ends in Node as it does in Rust, which wrote the table.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HubAuthError, login } from '../index.js';
import { ALICE, sim } from './sim.js';

// By its standard, fetch makes a network error of a 407, and unpacks gzip that was not asked for.
const hidden = ({ scenario }) => ['proxy-login', 'compressed'].includes(scenario);
const table = JSON.parse(readFileSync(new URL('../../scenarios.json', import.meta.url)));
const rows = table.filter((row) => !hidden(row));

/** Logs alice in, on a clock that moves by its waits alone. */
async function outcome(hub) {
  let clock = 1_760_000_000_000;
  const options = {
    base: hub.url,
    code: ({ user }) => hub.code(user),
    now: () => clock,
    sleep: async (milliseconds) => (clock += milliseconds),
    timeout: 500,
  };
  try {
    await login(ALICE.user, ALICE.secret, options);
    return { kind: null, retry_after: null, cause: null, next: null };
  } catch (error) {
    assert.ok(error instanceof HubAuthError, error.stack);
    const { kind, retryAt, advice } = error;
    return { kind, retry_after: retryAt && retryAt.getTime() - clock, ...advice };
  }
}

test('there are enough of them', () => assert.ok(rows.length >= 40));

for (const { scenario, requests, ...expected } of rows) {
  test(`scenario ${scenario}`, async (t) => {
    const hub = await sim(t, scenario);
    assert.deepEqual(await outcome(hub), expected);
    assert.equal((await hub.requests()).length, requests);
  });
}
