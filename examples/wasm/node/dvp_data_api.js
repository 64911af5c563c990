// The interface of the generated client `dvp_data_api`, so that programs written for it log in by changing one import.
import { randomUUID } from 'node:crypto';
import { HubAuthError } from './error.js';
import * as hosts from './host.js';

/** Where the Hub is: `ApiClient.instance.basePath`. */
export class ApiClient {
  static instance = new ApiClient();

  constructor(basePath = 'https://hub.docker.com', options = {}) {
    this.basePath = basePath;
    this.options = options;
  }
}

export class UsersLoginRequest {
  constructor(username, password) {
    Object.assign(this, { username, password });
  }
}

export class Users2FALoginRequest {
  constructor(login2faToken, code) {
    Object.assign(this, { login_2fa_token: login2faToken, code });
  }
}

export class PostUsersLoginSuccessResponse {
  constructor(token) {
    this.token = token;
  }
}

/** How many second factors may be open at once; the oldest is given up for the next. */
const MOST_OPEN = 1000;

/**
 * The two calls of a login, with callbacks `(error, data, response)`. An error is a HubAuthError. Where a code is needed,
 * the error and the response's body have a `login_2fa_token` for the second call, which this program alone understands.
 */
export class AuthenticationApi {
  static #open = new Map();

  constructor(apiClient = ApiClient.instance) {
    this.apiClient = apiClient;
  }

  /** Creates an authentication token. */
  postUsersLogin({ username, password }, callback) {
    this.#run(callback, (host, options) => host.module.call('login', hosts.login(username, password, options)));
  }

  /** Answers the second factor. */
  postUsers2FALogin({ login_2fa_token: token, code }, callback) {
    this.#run(callback, (host) => {
      const step = host.module.call('code', { id: AuthenticationApi.#open.get(token) ?? 0, code: String(code ?? ''), now: host.now() });
      AuthenticationApi.#open.delete(token);
      return step;
    });
  }

  async #run(callback = () => {}, start) {
    const options = { ...this.apiClient.options, base: this.apiClient.basePath };
    const outcome = { error: null, data: null, response: undefined };
    const host = hosts.host({ ...options, seen: (head, body) => (outcome.response = responseOf(head, body)) });
    try {
      const step = await hosts.drive(start(host, options), host);
      if (step.step === 'done') outcome.data = new PostUsersLoginSuccessResponse(step.token);
      else outcome.error = step.step === 'failed' ? new HubAuthError(step.failure) : this.#challenged(step, host, outcome);
    } catch (error) {
      outcome.error = error;
    }
    callback(outcome.error, outcome.data, outcome.response);
  }

  #challenged(step, host, { response }) {
    const open = AuthenticationApi.#open;
    const login_2fa_token = randomUUID();
    open.set(login_2fa_token, step.id);
    if (open.size > MOST_OPEN) {
      const [oldest, id] = open.entries().next().value;
      open.delete(oldest);
      hosts.cancel({ id }, host);
    }
    response.body = { ...response.body, login_2fa_token };
    return Object.assign(new HubAuthError(step.previous ?? CODE_NEEDED), { login_2fa_token, response });
  }
}

const CODE_NEEDED = {
  kind: 'second_factor_required',
  cause: 'The account has two-factor authentication turned on.',
  next: 'Call postUsers2FALogin with the login_2fa_token of this error and the code.',
};

/** An answer as superagent shows it. */
function responseOf({ status, headers }, bytes) {
  const text = bytes.toString();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    // It is not JSON.
  }
  return { status, statusCode: status, headers: Object.fromEntries(headers), text, body };
}

export default { ApiClient, AuthenticationApi, PostUsersLoginSuccessResponse, Users2FALoginRequest, UsersLoginRequest };
