//! One command at a time runs the server of a data directory.
//!
//! Owns the lock file: the kernel's lock decides, the content only says who holds it. The file is never removed, since
//! removing it would let two holders in.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use super::ClusterError;

/// Held until dropped; the kernel drops it with the process.
#[derive(Debug)]
pub(super) struct LockFile(#[expect(dead_code, reason = "holding it open is holding the lock")] File);

impl LockFile {
    /// Takes the lock of `dir`; `None` if another has it.
    pub(super) fn take(dir: &Path, command: &str) -> Result<Option<LockFile>, ClusterError> {
        let path = dir.join("lock");
        let fail = |source| ClusterError::Folder { action: "write", path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        let text = format!("{}\n{command}\n", std::process::id());
        // A full disk must not keep the server from starting: the content is for messages only.
        let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
        Ok(Some(LockFile(file)))
    }
}

/// Longest content read: a process id and a command line.
const MAX_HOLDER_BYTES: u64 = 512;

/// Who has the lock of `dir`, for a message.
pub(super) fn holder(dir: &Path) -> String {
    let mut text = String::new();
    let read = File::open(dir.join("lock")).and_then(|f| f.take(MAX_HOLDER_BYTES).read_to_string(&mut text));
    match text.split_once('\n') {
        Some((pid, command)) if read.is_ok() && !command.trim().is_empty() => {
            format!("`{}` (pid {pid})", command.trim())
        }
        _ => "another command".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_is_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = LockFile::take(dir.path(), "ringfence ingest").unwrap().unwrap();
        assert!(LockFile::take(dir.path(), "ringfence demo").unwrap().is_none());
        let expected = format!("`ringfence ingest` (pid {})", std::process::id());
        assert_eq!(holder(dir.path()), expected);
        drop(first);
        assert!(LockFile::take(dir.path(), "ringfence demo").unwrap().is_some());
    }
}
