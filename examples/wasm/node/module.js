// The WebAssembly module: a call and its answer are JSON. No secret outlives the call that carries it.
import { readFileSync } from 'node:fs';
import { HubAuthError } from './error.js';

const compiled = new WebAssembly.Module(readFileSync(new URL('./hub_auth.wasm', import.meta.url)));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One instance of the module, with the logins that are open in it. */
export class Module {
  #exports = new WebAssembly.Instance(compiled, {}).exports;

  /** Carries out the call `name` and returns its answer. Throws a HubAuthError for a wrong use. */
  call(name, fields) {
    const answer = JSON.parse(decoder.decode(this.raw(encoder.encode(JSON.stringify({ [name]: fields })))));
    if (answer.step === 'error') throw new HubAuthError(answer);
    return answer;
  }

  /** Carries out a call given as bytes. */
  raw(bytes) {
    try {
      const { memory, room, call, answer } = this.#exports;
      const address = room(bytes.length);
      if (address === 0) throw new HubAuthError({ kind: 'usage', message: 'the call is too long' });
      new Uint8Array(memory.buffer, address, bytes.length).set(bytes);
      const length = call(bytes.length);
      return new Uint8Array(memory.buffer, answer(), length).slice();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      // The module has a fault. Its open logins are lost; later ones go on in a new instance.
      this.#exports = new WebAssembly.Instance(compiled, {}).exports;
      throw new HubAuthError({ kind: 'usage', message: `the module failed: ${error.message}` });
    }
  }

  /** The linear memory, to look for what should not be in it. */
  get memory() {
    return new Uint8Array(this.#exports.memory.buffer);
  }
}

/** The instance that all logins of this program share. */
export const shared = new Module();
