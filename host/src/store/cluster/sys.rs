//! The few calls to the operating system that the standard library has no safe form of.
//!
//! Owns every `unsafe` of the store. Does not own any decision about when to call them.
#![allow(unsafe_code, reason = "libc calls without a safe form in std; each says why it is sound")]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// User the process acts as; 0 is root.
pub(super) fn effective_uid() -> u32 {
    // SAFETY: takes nothing, touches no memory, cannot fail.
    unsafe { libc::geteuid() }
}

/// Sends `signal` to one process. The caller makes sure that `pid` is a child that was not reaped yet, so that the id
/// cannot belong to somebody else.
pub(super) fn kill(pid: u32, signal: i32) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().filter(|p| *p > 0).ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: passes two numbers; a positive pid names exactly one process.
    if unsafe { libc::kill(pid, signal) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits until the child has ended and leaves it unreaped, so that its process id stays taken.
pub(super) fn wait_without_reaping(pid: u32) -> io::Result<()> {
    loop {
        // SAFETY: `siginfo_t` is plain data for which zero is valid, and it outlives the call that fills it.
        let done = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, pid, &mut info, libc::WEXITED | libc::WNOWAIT)
        };
        if done == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Makes the child of `command` receive `signal` when the thread that starts it ends, however it ends.
///
/// Linux only; elsewhere a killed host leaves its server to the next start, which says so.
pub(super) fn die_with_parent(command: &mut Command, signal: i32) {
    #[cfg(target_os = "linux")]
    {
        let parent = std::process::id();
        let arm = move || {
            // SAFETY: `prctl` and `getppid` are async-signal-safe and touch no memory of ours. std changes the user
            // before this runs, which matters: a change of user would clear the setting.
            let gone = unsafe {
                if libc::prctl(libc::PR_SET_PDEATHSIG, signal) != 0 {
                    return Err(io::Error::last_os_error());
                }
                libc::getppid() as u32 != parent
            };
            // The parent may have died before the setting was in place.
            if gone { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
        };
        // SAFETY: the closure only makes the two calls above: no allocation, no lock.
        unsafe { command.pre_exec(arm) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (command, signal);
}
