// Logs in to two simulated Hubs at once, as a test of a Node program would. Takes the path of the program hub-auth.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

class Hub {
  async start() {
    this.process = spawn(process.argv[2], ["sim", "--json"], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = await once(createInterface(this.process.stdout), "line");
    this.url = JSON.parse(line).url;
    return this;
  }

  async call(path, body) {
    const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(this.url + path, body && post);
    return [answer.status, await answer.text()];
  }

  async logIn(username, password) {
    const [asked, challenge] = await this.call("/v2/users/login", { username, password });
    assert.equal(asked, 401);
    const [, code] = await this.call(`/_sim/code/${username}`);
    const { login_2fa_token } = JSON.parse(challenge);
    const [status, granted] = await this.call("/v2/users/2fa-login", { login_2fa_token, code });
    assert.equal(status, 200);
    return JSON.parse(granted).token;
  }

  async end() {
    this.process.kill("SIGINT");
    assert.deepEqual(await once(this.process, "exit"), [0, null]);
  }
}

const hubs = await Promise.all([new Hub().start(), new Hub().start()]);
const tokens = await Promise.all(hubs.map((hub) => hub.logIn("alice", "correct horse battery staple")));
assert(tokens.every((token) => token.startsWith("eyJ")));
for (const hub of hubs) {
  const seen = JSON.parse((await hub.call("/_sim/requests"))[1]);
  assert.deepEqual(seen.map(({ target, status }) => [target, status]), [
    ["/v2/users/login", 401],
    ["/v2/users/2fa-login", 200],
  ]);
  await hub.end();
}
