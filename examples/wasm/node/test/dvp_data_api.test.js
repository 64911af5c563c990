// The examples of the generated client's page, run with another import line and the simulated Hub's address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import DvpDataApi from '../dvp_data_api.js';
import { ALICE, BOB, sim } from './sim.js';

// As the page has them; the comment stands where a reader fills in the details.
const USERS_LOGIN = `
import DvpDataApi from 'dvp_data_api';

let apiInstance = new DvpDataApi.AuthenticationApi();
let usersLoginRequest = new DvpDataApi.UsersLoginRequest(); // UsersLoginRequest | Login details.
apiInstance.postUsersLogin(usersLoginRequest, (error, data, response) => {
  if (error) {
    console.error(error);
  } else {
    console.log('API called successfully. Returned data: ' + data);
  }
});
`;
const USERS_2FA_LOGIN = `
import DvpDataApi from 'dvp_data_api';

let apiInstance = new DvpDataApi.AuthenticationApi();
let users2FALoginRequest = new DvpDataApi.Users2FALoginRequest(); // Users2FALoginRequest | Login details.
apiInstance.postUsers2FALogin(users2FALoginRequest, (error, data, response) => {
  if (error) {
    console.error(error);
  } else {
    console.log('API called successfully. Returned data: ' + data);
  }
});
`;

/** Runs an example with the import line and the address replaced and the details filled in; returns what it prints. */
async function run(t, example, url, details) {
  const here = new URL('../dvp_data_api.js', import.meta.url).href;
  const program = example
    .replace("import DvpDataApi from 'dvp_data_api';", `import DvpDataApi from '${here}';\nDvpDataApi.ApiClient.instance.basePath = '${url}';`)
    .replace(/let (\w+Request) = .*/, (line, name) => `${line}\nObject.assign(${name}, ${JSON.stringify(details)});`);
  return new Promise((resolve, reject) => {
    t.mock.method(console, 'log', (text) => resolve({ text }));
    t.mock.method(console, 'error', (error) => resolve({ error }));
    import(`data:text/javascript,${encodeURIComponent(program)}`).catch(reject);
  }).finally(() => t.mock.restoreAll());
}

const call = (method, request) =>
  new Promise((resolve) => {
    const api = new DvpDataApi.AuthenticationApi();
    api[method](request, (error, data, response) => resolve({ error, data, response }));
  });

test('the example of postUsersLogin logs in without a second factor', async (t) => {
  const { url } = await sim(t);
  const { text } = await run(t, USERS_LOGIN, url, { username: BOB.user, password: BOB.secret });
  assert.equal(text, 'API called successfully. Returned data: [object Object]');
});

test('its error callback gets the kind', async (t) => {
  const { url } = await sim(t);
  const { error } = await run(t, USERS_LOGIN, url, { username: BOB.user, password: 'wrong' });
  assert.equal(error.kind, 'credentials_refused');
});

test('the example of postUsers2FALogin logs in with what the example before it got', async (t) => {
  const hub = await sim(t);
  const { error } = await run(t, USERS_LOGIN, hub.url, { username: ALICE.user, password: ALICE.secret });
  assert.equal(error.kind, 'second_factor_required');
  const details = { login_2fa_token: error.login_2fa_token, code: await hub.code(ALICE.user) };
  const { text } = await run(t, USERS_2FA_LOGIN, hub.url, details);
  assert.equal(text, 'API called successfully. Returned data: [object Object]');
});

test('with callbacks: a code is needed, a wrong one is refused, the right one logs in', async (t) => {
  const hub = await sim(t);
  DvpDataApi.ApiClient.instance.basePath = hub.url;
  const { error, data, response } = await call('postUsersLogin', new DvpDataApi.UsersLoginRequest(ALICE.user, ALICE.secret));
  assert.deepEqual([error.kind, data, response.status], ['second_factor_required', null, 401]);
  assert.equal(response.body.login_2fa_token, error.login_2fa_token);
  const refused = await call('postUsers2FALogin', new DvpDataApi.Users2FALoginRequest(error.login_2fa_token, '000000'));
  assert.equal(refused.error.kind, 'code_refused');
  const code = await hub.code(ALICE.user);
  const again = new DvpDataApi.Users2FALoginRequest(refused.error.login_2fa_token, code);
  const done = await call('postUsers2FALogin', again);
  assert.deepEqual([done.error, done.response.status], [null, 200]);
  assert.equal(done.data.token, done.response.body.token);
});

test('a request without details is an error of the kind usage', async () => {
  const { error } = await call('postUsersLogin', new DvpDataApi.UsersLoginRequest());
  assert.equal(error.kind, 'usage');
});
