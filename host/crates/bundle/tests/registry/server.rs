//! Debian's registry on a free port of this machine, with a storage of its own; it ends with the test.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The name `ana` with [`PASSWORD`], hashed with few rounds.
pub const HTPASSWD: &str = "ana:$2y$04$abcdefghijklmnopqrstuu3kGiHeqWNm02.pBlBU.gPR26.KgEiRW\n";
pub const PASSWORD: &str = "s3cret:pa ss";

/// How long the registry may take to listen.
const START_LIMIT: Duration = Duration::from_secs(30);

pub struct Server {
    child: Child,
    folder: tempfile::TempDir,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("docker-registry")).find(|file| file.is_file())
}

impl Server {
    /// None, with a line that says so, where there is no registry to be had.
    pub fn start(htpasswd: Option<&str>) -> Option<Server> {
        let Some(program) = program() else {
            eprintln!("skipped: docker-registry is not installed (tools/setup.sh installs it on Debian)");
            return None;
        };
        // Somebody else may take a port between its choice and its use.
        (0..5)
            .find_map(|_| Server::try_start(&program, htpasswd))
            .or_else(|| panic!("the registry does not start"))
    }

    fn try_start(program: &Path, htpasswd: Option<&str>) -> Option<Server> {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let storage = folder.path().join("storage");
        let mut config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{address}\"}}\n",
            storage.display()
        );
        if let Some(text) = htpasswd {
            let file = folder.path().join("htpasswd");
            std::fs::write(&file, text).unwrap();
            config += &format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", file.display());
        }
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        // It is ended by the kernel if this thread ends without dropping it.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(program).arg("serve").arg(&file);
        command
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .stdin(Stdio::null());
        let child = command.spawn().unwrap();
        let mut server = Server { child, folder, address };
        let until = Instant::now() + START_LIMIT;
        while Instant::now() < until {
            if server.child.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(&server.address).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where a blob lies in the storage.
    pub fn blob(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap();
        let blobs = self.folder.path().join("storage/docker/registry/v2/blobs/sha256");
        blobs.join(&hex[..2]).join(hex).join("data")
    }
}
