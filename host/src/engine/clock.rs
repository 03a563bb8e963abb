//! How much processor time the thread that asks has used.
//!
//! Owns the one call to the operating system for it: the standard library has none. A clock on the wall would blame a plugin
//! for everything else that runs on the machine.
#![allow(unsafe_code, reason = "a libc call without a safe form in std; it says why it is sound")]

use std::time::Duration;

/// Processor time of this thread since it started; zero where the system does not tell.
pub(super) fn thread_time() -> Duration {
    let mut at = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one `timespec` to a place that is one and outlives it.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut at) };
    if done != 0 {
        return Duration::ZERO;
    }
    Duration::new(u64::try_from(at.tv_sec).unwrap_or(0), u32::try_from(at.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_not_work() {
        let before = thread_time();
        std::thread::sleep(Duration::from_millis(300));
        let slept = thread_time() - before;
        assert!(slept < Duration::from_millis(150), "{slept:?}");
        let mut n = 0u64;
        while thread_time() - before < slept + Duration::from_millis(20) {
            n = std::hint::black_box(n + 1);
        }
        assert!(n > 0);
    }
}
