// Log a program in to Docker Hub, second factor included, and keep it logged in.
import { HubAuthError } from './error.js';
import * as hosts from './host.js';
import { headOf, read } from './http.js';
import { shared } from './module.js';

export { HubAuthError };

/** Logs in and returns the token with what is known of it. Throws a HubAuthError. */
export async function login(user, secret, options = {}) {
  const host = hosts.host({ code: () => null, ...options });
  const { failure, ...done } = await hosts.drive(host.module.call('login', hosts.login(user, secret, options)), host);
  if (failure) throw new HubAuthError(failure);
  return {
    token: done.token,
    user: done.user,
    kind: done.kind,
    route: done.route,
    expiresAt: done.expires_at === null ? null : new Date(done.expires_at),
    nameMismatch: done.name_mismatch,
    traceId: done.trace_id,
  };
}

/**
 * Says what the answer to an API call means that was sent with this token: `verdict` is `fine`, `log_in_again`, `retry_at`
 * (with `retryAt`), `not_with_this_token` (with `advice`), `blocked` (with `error`) or `other`. The answer stays unread.
 */
export async function verdict(response, token, { now = Date.now, module = shared } = {}) {
  const body = (await read(response.clone())) ?? Buffer.alloc(0);
  const answer = { token, now: now(), head: headOf(response), body: body.toString('base64') };
  const { verdict, retry_at, advice, failure } = module.call('verdict', answer);
  return {
    verdict,
    retryAt: retry_at === null ? null : new Date(retry_at),
    advice,
    error: failure === null ? null : new HubAuthError(failure),
  };
}

/** An account that stays logged in: one login for all callers, renewed in time; a refused secret is not sent again. */
export class Session {
  #host;
  #id;
  #base;
  #ended = gate();

  constructor(user, secret, options = {}) {
    this.#host = hosts.host({ ...options, parked: () => this.#ended.promise });
    this.#base = options.base ?? 'https://hub.docker.com';
    const account = hosts.login(user, secret, options);
    this.#id = this.#host.module.call('session', { ...account, asks: Boolean(options.code) }).session;
  }

  /** A good token. Who asks while another logs in waits for that login. */
  async token() {
    return (await this.#ready(this.#call('token'))).token;
  }

  /** Calls the Hub's API with the token, at a path or a URL of the Hub. After a 401 it logs in once and calls again. */
  async fetch(path, init = {}) {
    const url = new URL(path, this.#base).href;
    let step = this.#call('api', { url });
    for (;;) {
      const ready = await this.#ready(step);
      let response;
      try {
        const headers = new Headers(init.headers);
        for (const [name, value] of ready.headers) headers.set(name, value);
        response = await this.#host.fetch(url, { ...init, headers, redirect: 'manual' });
      } catch (error) {
        hosts.cancel(ready, this.#host);
        throw error;
      }
      step = this.#host.module.call('answered', { id: ready.id, now: this.#host.now(), head: headOf(response) });
      if (step.step === 'answered') return response;
      await response.body?.cancel();
    }
  }

  /** Logs in with another secret or account from now on. */
  setAccount(user, secret, { kind } = {}) {
    this.#host.module.call('account', { session: this.#id, user, secret, kind });
  }

  /** Forgets token and secret. */
  close() {
    hosts.cancel({ id: this.#id }, this.#host);
  }

  #call(name, fields) {
    return this.#host.module.call(name, { session: this.#id, now: this.#host.now(), ...fields });
  }

  async #ready(step) {
    try {
      const { failure, ...ready } = await hosts.drive(step, this.#host);
      if (failure) throw new HubAuthError(failure);
      return ready;
    } finally {
      // The parked look again: this caller's login has ended, if it led one.
      this.#ended.open();
      this.#ended = gate();
    }
  }
}

/** A promise, and what resolves it. */
function gate() {
  let open;
  const promise = new Promise((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
