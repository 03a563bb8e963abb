//! Where the private server keeps its files, and as whom it runs.
//!
//! Owns folders, owners and modes. As root the server runs as an unprivileged user, who must be able to reach them.

use std::fs::{DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{ClusterError, sys};

/// Longest path of a Unix socket the kernel takes (108 bytes with the ending zero).
const MAX_SOCKET_PATH: usize = 107;

/// The socket's name inside its folder; PostgreSQL puts a lock file with `.lock` beside it, which has no such limit.
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// `nobody` on every Linux.
const NOBODY: u32 = 65534;

/// The user the server runs as, when it is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Folders of one private server, all absolute.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    /// `<data dir>/postgres`: ours.
    pub(super) base: PathBuf,
    /// The cluster: the server's.
    pub(super) data: PathBuf,
    /// Where the socket is: the server's.
    pub(super) socket: PathBuf,
    /// Messages of the server: ours.
    pub(super) log: PathBuf,
    /// `None`: as ourselves.
    pub(super) user: Option<ServerUser>,
}

impl Folders {
    /// Makes what is missing.
    pub(super) fn prepare(data_dir: &Path) -> Result<Folders, ClusterError> {
        let base = std::path::absolute(data_dir)
            .map_err(|source| ClusterError::Folder { action: "find", path: data_dir.to_owned(), source })?
            .join("postgres");
        let data = base.join("data");
        let user = (sys::effective_uid() == 0).then(|| server_user(&data));
        // Others may pass through as root, since the server is an "other" then; they see nothing inside.
        make_dir(&base, if user.is_some() { 0o711 } else { 0o700 })?;
        if let Some(user) = user {
            check_reachable(&base, user)?;
        }
        let socket = match base.join("run") {
            dir if dir.as_os_str().len() + 1 + SOCKET_NAME.len() <= MAX_SOCKET_PATH => dir,
            _ => short_socket_dir(&base, user),
        };
        make_private(&socket, user)?;
        Ok(Folders { log: base.join("server.log"), base, data, socket, user })
    }

    /// Version of the existing cluster, if there is one.
    pub(super) fn data_major(&self) -> Result<Option<u32>, ClusterError> {
        let path = self.data.join("PG_VERSION");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ClusterError::Folder { action: "read", path, source }),
        }
    }

    /// Process id of the server, as it says itself; a server that was killed cannot take it back.
    pub(super) fn postmaster_pid(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    /// Removes the socket folder if it stands outside the data directory; what stands inside stays.
    pub(super) fn tidy(&self) {
        if !self.socket.starts_with(&self.base) {
            // Fails when something is in it, and then it should stay.
            let _ = std::fs::remove_dir(&self.socket);
        }
    }
}

/// Makes a folder that only the server's user may enter; an existing one must be like that already.
pub(super) fn make_private(dir: &Path, user: Option<ServerUser>) -> Result<(), ClusterError> {
    let fail = |action, source| ClusterError::Folder { action, path: dir.to_owned(), source };
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => {
            if let Some(user) = user {
                chown(dir, Some(user.uid), Some(user.gid)).map_err(|e| fail("hand over", e))?;
            }
            Ok(())
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let meta = std::fs::symlink_metadata(dir).map_err(|e| fail("read", e))?;
            let owner = user.map_or_else(sys::effective_uid, |u| u.uid);
            if !meta.is_dir() || meta.uid() != owner || meta.permissions().mode() & 0o077 != 0 {
                return Err(ClusterError::ForeignSocketDir { path: dir.to_owned() });
            }
            Ok(())
        }
        Err(source) => Err(fail("make", source)),
    }
}

fn make_dir(dir: &Path, mode: u32) -> Result<(), ClusterError> {
    let fail = |source| ClusterError::Folder { action: "make", path: dir.to_owned(), source };
    DirBuilder::new().recursive(true).mode(mode).create(dir).map_err(fail)?;
    // A folder made by us under a strict umask must still let the server through.
    let meta = std::fs::metadata(dir).map_err(fail)?;
    if mode & 0o011 != 0 && meta.permissions().mode() & 0o011 != 0o011 {
        std::fs::set_permissions(dir, PermissionsExt::from_mode(mode)).map_err(fail)?;
    }
    Ok(())
}

/// As root: the owner of existing data, else the distribution's `postgres`, else nobody. `initdb` insists on a user that
/// the machine knows by name.
fn server_user(data: &Path) -> ServerUser {
    if let Ok(meta) = std::fs::metadata(data)
        && meta.uid() != 0
    {
        return ServerUser { uid: meta.uid(), gid: meta.gid() };
    }
    std::fs::read_to_string("/etc/passwd")
        .ok()
        .and_then(|text| find_user(&text, "postgres"))
        .unwrap_or(ServerUser { uid: NOBODY, gid: NOBODY })
}

fn find_user(passwd: &str, name: &str) -> Option<ServerUser> {
    passwd.lines().find_map(|line| {
        let mut parts = line.split(':');
        let found = parts.next()? == name;
        let (uid, gid) = (parts.nth(1)?.parse().ok()?, parts.next()?.parse().ok()?);
        (found && uid != 0).then_some(ServerUser { uid, gid })
    })
}

/// Whether every folder down to `dir` lets `user` pass.
fn check_reachable(dir: &Path, user: ServerUser) -> Result<(), ClusterError> {
    for parent in dir.ancestors() {
        let meta = std::fs::metadata(parent).map_err(|source| ClusterError::Folder {
            action: "read",
            path: parent.to_owned(),
            source,
        })?;
        if !may_pass(&meta, user) {
            return Err(ClusterError::NotReachable { blocked: parent.to_owned(), uid: user.uid });
        }
    }
    Ok(())
}

fn may_pass(meta: &Metadata, user: ServerUser) -> bool {
    let shift = match () {
        () if meta.uid() == user.uid => 6,
        () if meta.gid() == user.gid => 3,
        () => 0,
    };
    meta.permissions().mode() >> shift & 1 != 0
}

/// A folder with a short name for a data directory with a long one; the same every time.
fn short_socket_dir(base: &Path, user: Option<ServerUser>) -> PathBuf {
    let digest = Sha256::digest(base.as_os_str().as_encoded_bytes());
    let hash: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
    if user.is_none()
        && let Some(dir) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
        && dir.is_absolute()
        && dir.is_dir()
    {
        let dir = dir.join(format!("ringfence-{hash}"));
        if dir.as_os_str().len() + 1 + SOCKET_NAME.len() <= MAX_SOCKET_PATH {
            return dir;
        }
    }
    let uid = user.map_or_else(sys::effective_uid, |u| u.uid);
    PathBuf::from(format!("/tmp/ringfence-{uid}-{hash}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_data_directories_get_a_short_socket_folder() {
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let long = dir.path().join("x".repeat(100));
        let folders = Folders::prepare(&long).unwrap();
        assert!(folders.socket.as_os_str().len() < 70, "{}", folders.socket.display());
        assert!(folders.socket.is_dir());
        let again = Folders::prepare(&long).unwrap();
        assert_eq!(folders.socket, again.socket);
        folders.tidy();
        assert!(!folders.socket.exists());
    }

    #[test]
    fn a_socket_folder_open_to_others_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let open = dir.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
        let message = make_private(&open, None).unwrap_err().to_string();
        assert!(message.contains("open to others"), "{message}");
    }

    #[test]
    fn unreachable_parents_are_named() {
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o700)).unwrap();
        let inside = dir.path().join("a");
        std::fs::create_dir(&inside).unwrap();
        let stranger = ServerUser { uid: 4_000_000, gid: 4_000_000 };
        let message = check_reachable(&inside, stranger).unwrap_err().to_string();
        assert!(message.contains(&format!("enter {},", dir.path().display())), "{message}");
        assert!(message.contains("--data-dir /var/lib/ringfence"), "{message}");
    }

    #[test]
    fn users_are_read_from_passwd() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(find_user(passwd, "postgres"), Some(ServerUser { uid: 101, gid: 104 }));
        assert_eq!(find_user(passwd, "root"), None);
    }
}
