"""The WebAssembly module: a call and its answer are JSON. No secret outlives the call that carries it."""

import json
import threading
from importlib.resources import files

import wasmtime

from .error import HubAuthError

_ENGINE = wasmtime.Engine()
_COMPILED = wasmtime.Module(_ENGINE, files(__package__).joinpath("hub_auth.wasm").read_bytes())


class Module:
    """One instance of the module, with the logins that are open in it. Threads take turns."""

    def __init__(self):
        self._turn = threading.Lock()
        self._start()

    def _start(self):
        self._store = wasmtime.Store(_ENGINE)
        self._exports = wasmtime.Instance(self._store, _COMPILED, []).exports(self._store)

    def call(self, name, **fields):
        """Carries out a call and returns its answer. Raises a HubAuthError for a wrong use."""
        answer = json.loads(self.raw(json.dumps({name: fields}).encode()))
        if answer["step"] == "error":
            raise HubAuthError(answer)
        return answer

    def raw(self, call):
        """Carries out a call given as bytes."""
        with self._turn:
            try:
                address = self._exports["room"](self._store, len(call))
                if address == 0:
                    raise HubAuthError({"kind": "usage", "message": "The call is too long."})
                self._exports["memory"].write(self._store, call, address)
                length = self._exports["call"](self._store, len(call))
                start = self._exports["answer"](self._store)
                return bytes(self._exports["memory"].read(self._store, start, start + length))
            except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
                # The module has a fault. Its open logins are lost; later ones go on in a new instance.
                self._start()
                raise HubAuthError({"kind": "usage", "message": "The module failed."}) from error

    def memory(self):
        """The linear memory, to look for what should not be in it."""
        memory = self._exports["memory"]
        return bytes(memory.read(self._store, 0, memory.data_len(self._store)))


SHARED = Module()
