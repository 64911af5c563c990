// What a host does for the module: clock, sleep, HTTP, and the question for a code. It decides nothing.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from './http.js';
import { shared } from './module.js';

const HOST = {
  fetch: (...request) => globalThis.fetch(...request),
  now: Date.now,
  sleep,
  timeout: 30_000,
  deadline: 120_000,
  module: shared,
};

/** How the logins with these options meet the world. */
export const host = (options) => ({ ...HOST, ...options });

/** Who logs in and where, as the module takes them. */
export const login = (user, secret, { kind, base, userAgent, seed, sends, codes, longestWait }) => ({
  user, secret, kind,
  hub: { seed: seed ?? randomInt(2 ** 47), base, user_agent: userAgent, sends, codes, longest_wait: longestWait },
});

/** Carries out steps until one is left that the host has nothing to do for. If it throws, the login is cancelled. */
export async function drive(step, host) {
  const end = host.now() + host.deadline;
  try {
    while (ACTIONS[step.step]) {
      const action = ACTIONS[step.step](step, host, end);
      if (action === null) break;
      const [name, fields] = await action;
      step = host.module.call(name, { id: step.id, now: host.now(), ...fields });
    }
    return step;
  } catch (error) {
    cancel(step, host);
    throw error;
  }
}

/** For each step, the call that follows it. */
const ACTIONS = {
  send: ({ request }, host, end) => exchange(request, { ...host, timeout: within(host.timeout, end, host) }),
  async wait({ until }, host, end) {
    if (until > end) return ['give_up'];
    await host.sleep(Math.max(0, until - host.now()));
    return ['resume'];
  },
  async park(_, host) {
    await host.parked();
    return ['resume'];
  },
  need_code: (step, host) => (host.code ? ask(step, host) : null),
};

async function ask({ user, codes_left, previous }, host) {
  const code = await host.code({ user, codesLeft: codes_left, previous });
  return code == null ? ['give_up'] : ['code', { code: String(code) }];
}

function within(timeout, end, host) {
  return Math.max(1, Math.min(timeout, end - host.now()));
}

/** Ends what an open step belongs to, so that no secret of it is kept. */
export function cancel({ id }, host) {
  try {
    if (id != null) host.module.call('cancel', { id });
  } catch {
    // It had ended.
  }
}
