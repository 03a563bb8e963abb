//! The private PostgreSQL: starting, stopping, being killed, being refused.
//!
//! Tests that need a host process to kill start this test binary again as a child (`child_host`).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ringfence::config::Config;
use ringfence::store::{Options, RejectedRow, Store, StoreError};

/// Names the data directory for the child.
const CHILD_DIR: &str = "RINGFENCE_TEST_CHILD_DIR";

/// A temporary folder that other users may pass through: as root the server is another user.
fn temp() -> tempfile::TempDir {
    let dir = tempfile::Builder::new().prefix("rf-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

async fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open(&Config::default(), dir, &options()).await
}

fn options() -> Options {
    Options { connect_limit: Duration::from_secs(3), ..Options::new("test") }
}

fn alive(pid: u32) -> bool {
    // A zombie is dead: its first status word says so.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

fn kill_9(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

fn wait_gone(pid: u32) {
    let end = Instant::now() + Duration::from_secs(30);
    while alive(pid) {
        assert!(Instant::now() < end, "process {pid} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Every process that was started with this folder on its command line.
fn processes_in(dir: &Path) -> Vec<String> {
    let wanted = dir.display().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains(&wanted) && alive(pid) {
            found.push(command);
        }
    }
    found
}

async fn remember(store: &Store, what: &str) {
    let row = RejectedRow { source: "test".into(), reason: what.into(), ..RejectedRow::default() };
    store.keep_rejected(&[row]).await.unwrap();
}

async fn remembered(store: &Store) -> u64 {
    store.status().await.unwrap().rejected
}

#[tokio::test]
async fn starts_stops_and_keeps_what_it_was_given() {
    let dir = temp();
    let store = open(dir.path()).await.unwrap();
    let pid = store.cluster().unwrap().pid().unwrap();
    remember(&store, "one").await;
    let status = store.status().await.unwrap();
    assert!(status.embedded && status.records == 0, "{status:?}");
    let socket = store.cluster().unwrap().socket_dir().to_owned();
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o700);
    store.close().await;
    assert!(!alive(pid));
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());
    let again = open(dir.path()).await.unwrap();
    assert_eq!(remembered(&again).await, 1);
    again.close().await;
}

#[tokio::test]
async fn dropping_without_closing_leaves_nothing_running() {
    let dir = temp();
    let store = open(dir.path()).await.unwrap();
    let pid = store.cluster().unwrap().pid().unwrap();
    tokio::task::spawn_blocking(move || drop(store)).await.unwrap();
    assert!(!alive(pid));
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());
}

#[tokio::test]
async fn two_at_once_share_one_server() {
    let dir = temp();
    // Both at the same time, on a data directory that is not there yet.
    let (one, two) = tokio::join!(open(dir.path()), open(dir.path()));
    let (one, two) = (one.unwrap(), two.unwrap());
    let owners = [&one, &two].iter().filter(|s| s.cluster().unwrap().owns()).count();
    assert_eq!(owners, 1);
    assert_eq!(one.cluster().unwrap().pid(), two.cluster().unwrap().pid());
    remember(&one, "one").await;
    remember(&two, "two").await;
    let (owner, joined) = if one.cluster().unwrap().owns() { (one, two) } else { (two, one) };
    // The end of the one that joined disturbs nobody.
    let third = open(dir.path()).await.unwrap();
    joined.close().await;
    assert_eq!((remembered(&owner).await, remembered(&third).await), (2, 2));
    // The end of the owner stops the server; who stays takes over with the pools it has.
    owner.close().await;
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());
    third.revive().await.unwrap();
    assert!(third.cluster().unwrap().owns());
    remember(&third, "three").await;
    assert_eq!(remembered(&third).await, 3);
    third.close().await;
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_killed_server_is_revived() {
    let dir = temp();
    let store = open(dir.path()).await.unwrap();
    remember(&store, "one").await;
    for round in 1..=3 {
        let pid = store.cluster().unwrap().pid().unwrap();
        kill_9(pid);
        wait_gone(pid);
        let error = store.status().await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert!(!store.cluster().unwrap().owns());
        // Many tasks at once, as a pool of workers would: one of them starts it.
        let revived = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.revive().await })
        });
        for task in revived.collect::<Vec<_>>() {
            task.await.unwrap().unwrap();
        }
        assert_eq!(remembered(&store).await, round);
        remember(&store, "again").await;
    }
    let late = store.clone();
    store.close().await;
    let error = late.revive().await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    drop(late);
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());
}

#[tokio::test]
async fn whoever_needs_it_first_takes_over_from_an_owner_that_does_not() {
    let dir = temp();
    let owner = open(dir.path()).await.unwrap();
    let other = open(dir.path()).await.unwrap();
    remember(&other, "one").await;
    let pid = other.cluster().unwrap().pid().unwrap();
    kill_9(pid);
    wait_gone(pid);
    other.revive().await.unwrap();
    assert!(other.cluster().unwrap().owns() && !owner.cluster().unwrap().owns());
    assert_eq!(remembered(&other).await, 1);
    owner.revive().await.unwrap();
    assert_eq!(remembered(&owner).await, 1);
    owner.close().await;
    assert_eq!(remembered(&other).await, 1);
    other.close().await;
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());
}

/// Not a test of its own: the host process that others kill. Opens the database, stores something, says so, and stays.
#[tokio::test]
async fn child_host() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    match open(Path::new(&dir)).await {
        Ok(store) => {
            remember(&store, "from the child").await;
            println!("\nready {}", store.cluster().unwrap().pid().unwrap());
            tokio::time::sleep(Duration::from_secs(120)).await;
            store.close().await;
        }
        Err(error) => println!("\nfailed {error}"),
    }
}

fn child_command(dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child_host", "--nocapture", "--test-threads=1"])
        .env(CHILD_DIR, dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// The child's first word: `ready PID` or `failed WHY`.
fn first_word(child: &mut Child) -> (String, String) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if let Some((word, rest)) = line.split_once(' ')
            && (word == "ready" || word == "failed")
        {
            return (word.to_owned(), rest.to_owned());
        }
    }
    panic!("the child said nothing");
}

#[tokio::test]
async fn a_killed_host_leaves_no_server_and_loses_nothing() {
    let dir = temp();
    for round in 1..=2 {
        let mut child = child_command(dir.path()).spawn().unwrap();
        let (word, rest) = first_word(&mut child);
        assert_eq!(word, "ready", "{rest}");
        let server: u32 = rest.parse().unwrap();
        assert!(alive(server));
        let joined = open(dir.path()).await.unwrap();
        assert!(!joined.cluster().unwrap().owns() && joined.cluster().unwrap().pid() == Some(server));
        child.kill().unwrap();
        child.wait().unwrap();
        // At once, while the server may still be stopping.
        let (store, ()) = tokio::join!(open(dir.path()), async { joined.revive().await.unwrap() });
        let store = store.unwrap();
        assert_eq!((remembered(&store).await, remembered(&joined).await), (round, round));
        assert!(!alive(server));
        joined.close().await;
        store.close().await;
        assert_eq!(processes_in(dir.path()), Vec::<String>::new());
    }
}

#[tokio::test]
async fn host_and_server_killed_together_recover() {
    let dir = temp();
    let mut child = child_command(dir.path()).spawn().unwrap();
    let (word, rest) = first_word(&mut child);
    assert_eq!(word, "ready", "{rest}");
    kill_9(rest.parse().unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    let store = open(dir.path()).await.unwrap();
    assert_eq!(remembered(&store).await, 1);
    store.close().await;
}

#[tokio::test]
async fn an_ordinary_user_can_do_it_too() {
    if !running_as_root() {
        return; // Then every other test shows it.
    }
    let dir = temp();
    let (home, program) = (dir.path().join("home"), dir.path().join("program"));
    std::fs::create_dir(&home).unwrap();
    chown(&home, Some(65534), Some(65534)).unwrap();
    // The build folder may be out of that user's reach.
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut child = as_nobody(&program, &home.join("data")).spawn().unwrap();
    let (word, rest) = first_word(&mut child);
    assert_eq!(word, "ready", "{rest}");
    let server: u32 = rest.parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_gone(server);
    // Root takes over an ordinary user's directory without changing its owner.
    let store = open(&home.join("data")).await.unwrap();
    assert_eq!(remembered(&store).await, 1);
    store.close().await;
    // A folder the user may not write.
    let mut child = as_nobody(&program, &dir.path().join("forbidden")).spawn().unwrap();
    let (word, rest) = first_word(&mut child);
    child.wait().unwrap();
    assert!(word == "failed" && rest.contains("forbidden") && rest.contains("--data-dir"), "{rest}");
}

fn running_as_root() -> bool {
    let me = std::fs::read_to_string("/proc/self/status").unwrap();
    me.lines().any(|l| l.starts_with("Uid:") && l.split_whitespace().nth(2) == Some("0"))
}

fn as_nobody(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--exact", "child_host", "--nocapture", "--test-threads=1"])
        .env(CHILD_DIR, data)
        .current_dir("/")
        .uid(65534)
        .gid(65534)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

#[tokio::test]
async fn long_paths_work() {
    let dir = temp();
    let long: PathBuf = dir.path().join("long-".repeat(30));
    let store = open(&long).await.unwrap();
    let socket = store.cluster().unwrap().socket_dir().to_owned();
    assert!(!socket.starts_with(&long));
    store.close().await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_folder_closed_to_the_servers_user_is_explained() {
    if !running_as_root() {
        return;
    }
    let dir = temp();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let message = open(&dir.path().join("data")).await.unwrap_err().to_string();
    assert!(message.contains("--data-dir /var/lib/ringfence"), "{message}");
}

#[tokio::test]
async fn data_of_another_version_is_not_touched() {
    let dir = temp();
    std::fs::create_dir_all(dir.path().join("postgres/data")).unwrap();
    std::fs::write(dir.path().join("postgres/data/PG_VERSION"), "9\n").unwrap();
    let message = open(dir.path()).await.unwrap_err().to_string();
    assert!(message.contains("made by PostgreSQL 9"), "{message}");
    assert_eq!(std::fs::read_dir(dir.path().join("postgres/data")).unwrap().count(), 1);
}

#[tokio::test]
async fn an_interrupted_first_start_is_begun_again() {
    let dir = temp();
    std::fs::create_dir_all(dir.path().join("postgres/data.new/base")).unwrap();
    std::fs::write(dir.path().join("postgres/data.new/PG_VERSION"), "15\n").unwrap();
    let store = open(dir.path()).await.unwrap();
    store.close().await;
    assert!(!dir.path().join("postgres/data.new").exists());
}

#[tokio::test]
async fn missing_programs_come_with_a_remedy() {
    let dir = temp();
    let config = Config { postgres_bin_dir: Some(dir.path().to_owned()), ..Config::default() };
    let error = Store::open(&config, &dir.path().join("d"), &Options::new("test")).await.unwrap_err();
    assert!(error.to_string().contains("postgres_bin_dir"), "{error}");
}

#[tokio::test]
async fn an_unreachable_or_unsafe_server_is_refused_by_name() {
    let dir = temp();
    let by_url =
        |url: String| Config { database: ringfence::config::Database::Url(url), ..Config::default() };
    let nowhere = by_url("postgres://user:geheim@127.0.0.1:1/calls".into());
    let message = Store::open(&nowhere, dir.path(), &Options::new("test")).await.unwrap_err().to_string();
    assert!(message.contains("127.0.0.1:1 (calls)") && !message.contains("geheim"), "{message}");

    let unsafe_server = Options { durable: false, ..Options::new("test") };
    let store = Store::open(&Config::default(), dir.path(), &unsafe_server).await.unwrap();
    let socket = store.cluster().unwrap().socket_dir().display().to_string();
    let url = by_url(format!("postgres://ringfence@localhost/ringfence?host={socket}"));
    let message = Store::open(&url, dir.path(), &Options::new("test")).await.unwrap_err().to_string();
    assert!(message.contains("fsync = on"), "{message}");
    store.close().await;
}
