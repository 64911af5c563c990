// The interface of the generated client `dvp_data_api`, so that programs written for it log in by changing one import.
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

/**
 * The two calls of a login, with callbacks `(error, data, response)`. An error is a HubAuthError. Where a code is needed,
 * the error and the response's body have a `login_2fa_token`: a secret that only this class reads.
 */
export class AuthenticationApi {
  constructor(apiClient = ApiClient.instance) {
    this.apiClient = apiClient;
  }

  /** Creates an authentication token. */
  postUsersLogin({ username, password }, callback) {
    this.#run(callback, (host, options) => host.module.call('login', hosts.login(username, password, options)));
  }

  /** Answers the second factor. */
  postUsers2FALogin({ login_2fa_token: sealed, code }, callback) {
    this.#run(callback, (host, options) => {
      const step = host.module.call('unseal', { sealed, hub: hosts.login('', '', options).hub });
      try {
        return host.module.call('code', { id: step.id, code: String(code ?? ''), now: host.now() });
      } catch (error) {
        hosts.cancel(step, host);
        throw error;
      }
    });
  }

  async #run(callback = () => {}, start) {
    const options = { ...this.apiClient.options, base: this.apiClient.basePath };
    const outcome = { error: null, data: null, response: undefined };
    const host = hosts.host({ ...options, seen: (head, body) => (outcome.response = responseOf(head, body)) });
    try {
      const step = await hosts.drive(start(host, options), host);
      if (step.step === 'done') outcome.data = new PostUsersLoginSuccessResponse(step.token);
      else outcome.error = errorOf(step, host, outcome.response);
    } catch (error) {
      outcome.error = error;
    }
    callback(outcome.error, outcome.data, outcome.response);
  }
}

function errorOf(step, host, response) {
  if (step.step === 'failed') return new HubAuthError(step.failure);
  const { sealed } = host.module.call('seal', { id: step.id });
  const { failure } = host.module.call('give_up', { id: step.id, now: host.now() });
  response.body = { ...response.body, login_2fa_token: sealed };
  return Object.assign(new HubAuthError(failure), { login_2fa_token: sealed, response });
}

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
