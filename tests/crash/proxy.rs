//! Stands between a process and PostgreSQL, counts the bytes that pass in both directions, and at the byte that was chosen
//! kills the process or cuts its connections.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::wire::{Phase, Wire};

/// What happens at the chosen byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// SIGKILL; the server sees the end of the connections at once.
    Kill,
    /// SIGKILL, and the server sees the end of the connections only after a while, with their transactions open.
    KillLingering,
    /// The connections end, the process lives.
    Cut,
}

/// The chosen byte.
#[derive(Clone, Copy, Debug)]
pub enum At {
    /// Of all bytes.
    Any(u64),
    /// Of the bytes of one phase.
    In(Phase, u64),
}

#[derive(Clone, Copy, Debug)]
pub struct Trap {
    pub at: At,
    pub action: Action,
}

/// Bytes that passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub total: u64,
    pub phases: [u64; Phase::ALL.len()],
}

/// Where a trap sprang.
#[derive(Clone, Copy, Debug)]
pub struct Sprung {
    pub phase: Phase,
    /// Whether it was on the way to the server.
    pub sending: bool,
}

#[derive(Default)]
struct State {
    /// Number of the process; connections of an earlier one forward nothing.
    process: u64,
    count: Count,
    trap: Option<Trap>,
    sprung: Option<Sprung>,
    victim: Option<Child>,
    open: Vec<Arc<Link>>,
}

/// One connection through the proxy.
struct Link {
    process: u64,
    client: UnixStream,
    server: UnixStream,
    wire: Mutex<Wire>,
    cut: AtomicBool,
}

pub struct Proxy {
    dir: PathBuf,
    state: Arc<Mutex<State>>,
    ended: Arc<AtomicBool>,
}

/// How long the server does not learn that a process is gone.
const LINGER: Duration = Duration::from_millis(150);

/// How long the last bytes before a kill may wait for room.
const LAST_BYTES: Duration = Duration::from_millis(200);

/// Name of the socket in its folder.
pub const SOCKET: &str = ".s.PGSQL.5432";

impl Proxy {
    /// Listens in `dir`, which must exist, for the server whose socket is in `server`.
    pub fn start(dir: PathBuf, server: &Path) -> Proxy {
        let listener = UnixListener::bind(dir.join(SOCKET)).unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let ended = Arc::new(AtomicBool::new(false));
        let (shared, stop, server) = (state.clone(), ended.clone(), server.join(SOCKET));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(client) = client else { continue };
                // A server that is not there is as good as one that hangs up.
                let Ok(server) = UnixStream::connect(&server) else { continue };
                connect(&shared, client, server);
            }
        });
        Proxy { dir, state, ended }
    }

    /// Folder of the socket.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Starts a process with the count at 0 and a trap.
    pub fn begin(&self, trap: Option<Trap>, spawn: impl FnOnce() -> Child) {
        let mut state = lock(&self.state);
        state.process += 1;
        state.count = Count::default();
        state.trap = trap;
        state.sprung = None;
        state.open.clear();
        // Under the lock: it cannot be killed before it is known.
        state.victim = Some(spawn());
    }

    /// Whether the process has ended, and how.
    pub fn ended(&self) -> Option<std::process::ExitStatus> {
        lock(&self.state).victim.as_mut().and_then(|child| child.try_wait().unwrap())
    }

    /// Kills what hangs.
    pub fn kill(&self) {
        if let Some(child) = &mut lock(&self.state).victim {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// What passed, and where the trap sprang.
    pub fn result(&self) -> (Count, Option<Sprung>) {
        let state = lock(&self.state);
        (state.count, state.sprung)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.kill();
        // Wakes the thread that listens.
        let _ = UnixStream::connect(self.dir.join(SOCKET));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(state: &Arc<Mutex<State>>, client: UnixStream, server: UnixStream) {
    let link = {
        let mut state = lock(state);
        let process = state.process;
        let (wire, cut) = (Mutex::new(Wire::new()), AtomicBool::new(false));
        let link = Arc::new(Link { process, client, server, wire, cut });
        state.open.push(link.clone());
        link
    };
    for sending in [true, false] {
        let (state, link) = (state.clone(), link.clone());
        std::thread::spawn(move || pump(&state, &link, sending));
    }
}

fn pump(state: &Mutex<State>, link: &Link, sending: bool) {
    let (mut from, mut to) =
        if sending { (&link.client, &link.server) } else { (&link.server, &link.client) };
    let mut buffer = vec![0; 32 << 10];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        let (allowed, action) = lock(state).pass(link, &buffer[..read], sending);
        if action.is_some() {
            let _ = to.set_write_timeout(Some(LAST_BYTES));
        }
        if to.write_all(&buffer[..allowed]).is_err() && action.is_none() {
            break;
        }
        if let Some(action) = action {
            lock(state).spring(action);
        }
        if allowed < read || action.is_some() {
            break;
        }
    }
    let lingers = {
        let state = lock(state);
        let killed = state.sprung.is_some() && state.process == link.process;
        killed && state.trap.is_some_and(|t| t.action == Action::KillLingering)
    };
    if lingers {
        std::thread::sleep(LINGER);
    }
    let _ = link.client.shutdown(Shutdown::Both);
    let _ = link.server.shutdown(Shutdown::Both);
}

impl State {
    /// Counts bytes: how many of them may go on, and what to do after them.
    fn pass(&mut self, link: &Link, bytes: &[u8], sending: bool) -> (usize, Option<Action>) {
        let dead = self.sprung.is_some() && self.trap.is_some_and(|t| t.action != Action::Cut);
        if link.process != self.process || dead || link.cut.load(Ordering::Relaxed) {
            return (0, None);
        }
        let mut wire = lock(&link.wire);
        let stretches = if sending { wire.follow(bytes) } else { vec![(bytes.len(), wire.phase())] };
        let mut passed = 0;
        for (length, phase) in stretches {
            let before = match self.trap.map(|t| t.at) {
                Some(At::Any(at)) if self.sprung.is_none() => at.saturating_sub(self.count.total),
                Some(At::In(wanted, at)) if self.sprung.is_none() && wanted == phase => {
                    at.saturating_sub(self.count.phases[phase as usize])
                }
                _ => u64::MAX,
            };
            let length = length as u64;
            let take = length.min(before);
            self.count.total += take;
            self.count.phases[phase as usize] += take;
            passed += take as usize;
            if before <= length {
                self.sprung = Some(Sprung { phase, sending });
                return (passed, self.trap.map(|t| t.action));
            }
        }
        (passed, None)
    }

    fn spring(&mut self, action: Action) {
        if action != Action::Cut {
            if let Some(child) = &mut self.victim {
                let _ = child.kill();
            }
            return;
        }
        for link in self.open.drain(..) {
            link.cut.store(true, Ordering::Relaxed);
            let _ = link.client.shutdown(Shutdown::Both);
            let _ = link.server.shutdown(Shutdown::Both);
        }
    }
}
