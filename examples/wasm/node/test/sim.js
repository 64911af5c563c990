// Starts `hub-auth sim` for a test, and asks it for codes and for what arrived.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = process.env.HUB_AUTH ?? new URL('../../../../target/debug/hub-auth', import.meta.url).pathname;

/** Starts the simulated Hub with a scenario; `t.after` stops it. */
export async function sim(t, scenario = 'demo') {
  const child = spawn(PROGRAM, ['sim', scenario, '--json', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exit = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  const [line] = await Promise.race([once(child.stdout, 'data'), exit]);
  assert.ok(Buffer.isBuffer(line), `hub-auth sim ${scenario} ends at once; see what it says`);
  const { url } = JSON.parse(line);
  const get = async (path) => (await fetch(url + path)).text();
  return {
    url,
    code: (user) => get(`/_sim/code/${user}`),
    requests: async () => JSON.parse(await get('/_sim/requests')),
    fault: (fault) => fetch(`${url}/_sim/fault`, { method: 'POST', body: JSON.stringify(fault) }),
  };
}

export const ALICE = { user: 'alice', secret: 'correct horse battery staple' };
export const BOB = { user: 'bob', secret: 'hunter2 is not enough' };
