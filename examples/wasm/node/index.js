// Log a program in to Docker Hub, second factor included.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HubAuthError } from './error.js';
import { exchange } from './http.js';
import { shared } from './module.js';

export { HubAuthError };

/** How a login meets the world; a caller may replace each. */
const HOST = {
  fetch: (...request) => globalThis.fetch(...request),
  now: Date.now,
  sleep,
  timeout: 30_000,
  deadline: 120_000,
  module: shared,
};

/** Logs in and returns the token with what is known of it. Throws a HubAuthError. */
export async function login(user, secret, options = {}) {
  const host = { ...HOST, ...options };
  const first = host.module.call('login', { user, secret, kind: options.kind, hub: hub(options) });
  const step = await drive(first, host);
  if (step.step !== 'need_code') return done(step);
  throw new HubAuthError(host.module.call('give_up', { id: step.id }).failure);
}

/** The options of a Hub as the module takes them. */
export function hub({ base, userAgent, seed, sends, codes, longestWait }) {
  return { seed: seed ?? randomInt(2 ** 47), base, user_agent: userAgent, sends, codes, longest_wait: longestWait };
}

/** Carries out steps until the login is done, has failed, or needs a code that no one is there to give. */
export async function drive(step, host) {
  const end = host.now() + host.deadline;
  try {
    for (;;) {
      switch (step.step) {
        case 'send':
          step = host.module.call(...(await sent(step, host, end)));
          break;
        case 'wait':
          step = await waited(step, host, end);
          break;
        case 'need_code':
          if (!host.code) return step;
          if (step.not_before > host.now()) await host.sleep(step.not_before - host.now());
          step = await answered(step, host);
          break;
        default:
          return step;
      }
    }
  } catch (error) {
    if (step.id !== undefined) forget(step.id, host);
    throw error;
  }
}

/** The token that a login came to, or its failure thrown. */
export function done(step) {
  if (step.step === 'failed') throw new HubAuthError(step.failure);
  const { token, user, kind, route, expires_at, name_mismatch, trace_id } = step;
  return {
    token, user, kind, route,
    expiresAt: expires_at === null ? null : new Date(expires_at),
    nameMismatch: name_mismatch,
    traceId: trace_id,
  };
}

async function sent({ id, request }, host, end) {
  const timeout = Math.max(1, Math.min(host.timeout, end - host.now()));
  const [name, fields] = await exchange(request, { ...host, timeout });
  return [name, { id, ...fields }];
}

async function waited({ id, until }, host, end) {
  if (until > end) return host.module.call('give_up', { id });
  await host.sleep(Math.max(0, until - host.now()));
  return host.module.call('resume', { id, now: Math.max(until, host.now()) });
}

async function answered(step, host) {
  const code = await host.code({ user: step.user, codesLeft: step.codes_left, previous: step.previous });
  if (code == null) return host.module.call('give_up', { id: step.id });
  return host.module.call('code', { id: step.id, code: String(code), now: host.now() });
}

/** Ends a login whose caller threw. */
function forget(id, host) {
  try {
    host.module.call('cancel', { id });
  } catch {
    // It had ended.
  }
}
