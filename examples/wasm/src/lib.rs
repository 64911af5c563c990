//! The core of hub-auth as a WebAssembly module: three exports, no import, text in and text out.
//!
//! A host writes a call as JSON, and reads the answer as JSON:
//!
//! 1. `room(length)` returns the address at which the host writes the call's bytes (0: longer than [`LONGEST_CALL`]).
//! 2. `call(length)` carries the call out, and returns how many bytes the answer has.
//! 3. `answer()` returns the address at which the answer stands until the next call.
//!
//! README.md lists the calls and their answers. The host passes no pointer, so no call can reach memory that is not its own.
//! Every wrong use is an answer `{"error": ..}`.
//!
//! A call and an answer may hold a secret: the bytes of both are wiped by the next call, and so is all memory that is freed.

use std::cell::RefCell;

mod fields;
mod machine;
mod sessions;
mod show;
mod values;

pub use machine::Machine;

/// The longest call that is taken, in bytes: 4 MiB, room for an answer of 1 MiB in base64 and its headers.
pub const LONGEST_CALL: usize = 4 * 1024 * 1024;

/// Wipes every block when it is freed, those of the JSON reader and writer too.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// All that the module keeps between two calls.
struct Module {
    machine: Machine,
    call: Vec<u8>,
    answer: String,
}

thread_local! {
    // A module has one thread.
    static MODULE: RefCell<Module> =
        const { RefCell::new(Module { machine: Machine::new(), call: Vec::new(), answer: String::new() }) };
}

/// Returns the address at which the next call is to be written, or 0 if it is too long. Wipes the last answer.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    MODULE.with_borrow_mut(|module| {
        module.answer = String::new();
        if length > LONGEST_CALL {
            return std::ptr::null_mut();
        }
        module.call = vec![0; length];
        module.call.as_mut_ptr()
    })
}

/// Carries out the call that was written, wipes it, and returns the length of its answer in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn call(length: usize) -> usize {
    MODULE.with_borrow_mut(|module| {
        let call = std::mem::take(&mut module.call);
        module.answer = module.machine.call(call.get(..length).unwrap_or_default());
        module.answer.len()
    })
}

/// Returns the address at which the answer stands.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    MODULE.with_borrow(|module| module.answer.as_ptr())
}
