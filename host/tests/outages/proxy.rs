//! Stands between a client and the server's socket and interferes with one COMMIT, or with the end of a COPY.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

/// The end of a COPY, a message of its own.
const COPY_DONE: &[u8] = b"c\0\0\0\x04";

/// What happens to the chosen COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It never reaches the server; the connection breaks.
    Lost,
    /// The server does it; the connection breaks before the answer.
    Unheard,
    /// It is held back, as if the client were frozen, until the proxy is told to go on.
    Frozen,
    /// Not the COMMIT: the rows of the first batch arrive, but not that they are all, until the proxy is told to go on.
    FrozenCopy,
}

pub struct Proxy {
    dir: tempfile::TempDir,
    pub go_on: Arc<Notify>,
    /// COMMITs seen; of a frozen COPY one more.
    pub commits: Arc<AtomicU32>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Interferes with the COMMIT of this number, from 1.
    pub fn start(server: &Path, fate: Fate, number: u32) -> Proxy {
        let dir = super::world::temp();
        let listener = UnixListener::bind(dir.path().join(".s.PGSQL.5432")).unwrap();
        let server = server.join(".s.PGSQL.5432");
        let (go_on, commits) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let (going, counted) = (go_on.clone(), commits.clone());
        let frozen = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(
                    client,
                    server.clone(),
                    fate,
                    number,
                    going.clone(),
                    counted.clone(),
                    frozen.clone(),
                ));
            }
        });
        Proxy { dir, go_on, commits, task }
    }

    pub fn socket(&self) -> &Path {
        self.dir.path()
    }
}

async fn pass(
    mut client: UnixStream,
    server: PathBuf,
    fate: Fate,
    number: u32,
    go_on: Arc<Notify>,
    commits: Arc<AtomicU32>,
    frozen: Arc<AtomicBool>,
) {
    let Ok(mut server) = UnixStream::connect(server).await else { return };
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(mut length @ 1..) = read else { return };
                let commit = up[..length].windows(7).any(|w| w == b"COMMIT\0")
                    && commits.fetch_add(1, Ordering::SeqCst) + 1 == number;
                match fate {
                    Fate::Lost if commit => return,
                    Fate::Unheard if commit => {
                        server.write_all(&up[..length]).await.unwrap();
                        // The server answers only when it is done.
                        let _ = server.read(&mut down).await;
                        return;
                    }
                    Fate::Frozen if commit => go_on.notified().await,
                    Fate::FrozenCopy
                        if up[..length].ends_with(COPY_DONE) && !frozen.swap(true, Ordering::SeqCst) =>
                    {
                        let rest = length - COPY_DONE.len();
                        server.write_all(&up[..rest]).await.unwrap();
                        commits.fetch_add(1, Ordering::SeqCst);
                        go_on.notified().await;
                        up.copy_within(rest..length, 0);
                        length = COPY_DONE.len();
                    }
                    _ => {}
                }
                if server.write_all(&up[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&down[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
