//! The server as a child process: started, watched, stopped.
//!
//! Owns one process and the thread that waits for it. The thread lives as long as the server, because the kernel's
//! "die with your parent" looks at the thread that started the child.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt;

use super::folders::ServerUser;
use super::sys;

/// How long a fast shutdown may take; it writes one checkpoint of at most 256 MB of changes.
const FAST: Duration = Duration::from_secs(60);
/// After that: immediate shutdown, which recovers at the next start.
const IMMEDIATE: Duration = Duration::from_secs(5);

/// A command of PostgreSQL's that runs as the server's user, in its own process group (a Ctrl-C at the terminal is ours to
/// answer) and ends with us.
pub(super) fn command(program: &Path, user: Option<ServerUser>, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).stdin(Stdio::null()).process_group(0);
    for (name, _) in std::env::vars_os() {
        // PGDATA, PGPORT, PGOPTIONS and the like of the caller are about other servers.
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    // Messages are read by us, and the cluster's locale is C.
    command.env("LC_ALL", "C").env_remove("LANGUAGE").env("TZ", "UTC");
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    sys::die_with_parent(&mut command, libc::SIGINT);
    command
}

/// A running server.
#[derive(Debug)]
pub(super) struct Postmaster {
    pid: u32,
    ended: Arc<Ended>,
}

#[derive(Debug, Default)]
struct Ended {
    /// `Some` as soon as the process id is no longer ours.
    status: Mutex<Option<Option<ExitStatus>>>,
    changed: Condvar,
}

impl Ended {
    fn lock(&self) -> MutexGuard<'_, Option<Option<ExitStatus>>> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Postmaster {
    /// Starts the server; its messages go to `log`. `after` runs when it has ended, however it ends.
    pub(super) fn spawn(
        mut command: Command,
        log: File,
        after: impl FnOnce() + Send + 'static,
    ) -> io::Result<Postmaster> {
        command.stdout(log.try_clone()?).stderr(log);
        let ended = Arc::new(Ended::default());
        let (started, start) = mpsc::channel();
        let watcher = ended.clone();
        std::thread::Builder::new().name("postgres".to_owned()).spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(e) => {
                    let _ = started.send(Err(e));
                    return;
                }
            };
            let _ = started.send(Ok(child.id()));
            let waited = sys::wait_without_reaping(child.id());
            // Reaped under the lock, so that nobody signals a process id that has become free.
            let mut status = watcher.lock();
            *status = Some(waited.and_then(|()| child.wait()).ok());
            after();
            watcher.changed.notify_all();
        })?;
        let pid = start.recv().map_err(|_| io::Error::other("the thread of the server ended"))??;
        Ok(Postmaster { pid, ended })
    }

    /// The server's process id.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the server has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.lock().is_some()
    }

    fn signal(&self, signal: i32) {
        let status = self.ended.lock();
        if status.is_none() {
            // Only fails if the process is gone, which the watcher is about to note.
            let _ = sys::kill(self.pid, signal);
        }
    }

    fn wait(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut status = self.ended.lock();
        while status.is_none() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            status = self.ended.changed.wait_timeout(status, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Stops the server and waits for it: clients are disconnected, a checkpoint is written. Returns whether it went cleanly.
    pub(super) fn stop(&self) -> bool {
        self.signal(libc::SIGINT);
        if self.wait(FAST) {
            return true;
        }
        self.signal(libc::SIGQUIT);
        if !self.wait(IMMEDIATE) {
            self.signal(libc::SIGKILL);
            self.wait(IMMEDIATE);
        }
        false
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        self.stop();
    }
}
