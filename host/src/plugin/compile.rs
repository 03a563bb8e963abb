//! Compiles in a thread of its own, so that a component that takes for ever is refused instead of waited for.
//!
//! Owns the watchdog. [`super::bounds`] keeps the time short to begin with; this is for what it does not foresee. A thread
//! cannot be ended from outside: one that was given up goes on until it is done, and only so many may.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::error::Problem;
use super::text::escaped;

/// Longest time. CPython takes four to nine seconds on two cores.
const MAX_TIME: Duration = Duration::from_secs(120);
/// Most compilations given up that may still be under way.
const MAX_GIVEN_UP: usize = 2;
/// The compiler recurses over nested code; a thread's default of 2 MiB is less than the main thread has.
const STACK_BYTES: usize = 16 << 20;

static GIVEN_UP: AtomicUsize = AtomicUsize::new(0);

/// Compiles, or takes the compiled code from the cache.
pub(super) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, Problem> {
    if GIVEN_UP.load(Ordering::Relaxed) >= MAX_GIVEN_UP {
        let text = "cannot be compiled while others that took too long are still being compiled: remove those, and restart";
        return Err(Problem::TooComplex(text.to_owned()));
    }
    let (done, waiting) = channel();
    let (engine, bytes) = (engine.clone(), bytes.to_vec());
    let work = move || {
        let compiled = Component::from_binary(&engine, &bytes);
        // Nobody waits any more: then it was counted as given up, and is no longer under way.
        if done.send(compiled).is_err() {
            GIVEN_UP.fetch_sub(1, Ordering::Relaxed);
        }
    };
    let failed = |text: String| Problem::Compile(escaped(&text, 1_000));
    std::thread::Builder::new()
        .name("plugin-compiler".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map_err(|e| failed(format!("no thread to compile it: {e}")))?;

    match waiting.recv_timeout(MAX_TIME) {
        Ok(compiled) => compiled.map_err(|e| failed(format!("{e:#}"))),
        Err(RecvTimeoutError::Timeout) => {
            GIVEN_UP.fetch_add(1, Ordering::Relaxed);
            let seconds = MAX_TIME.as_secs();
            Err(Problem::TooComplex(format!(
                "takes longer than {seconds} s to compile: build it optimised for size, or leave it out"
            )))
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err(failed("the compiler failed; see standard error".to_owned()))
        }
    }
}
