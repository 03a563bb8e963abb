//! The connection breaks, or the process freezes, at a COMMIT.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::proxy::{Fate, Proxy};
use super::world::{DIFFERENT, FED, Feed, Said, by_url, cluster, patient, stored, temp, until, url};

/// How many COMMITs opening a migrated database takes is none of our business: count them.
async fn commits_before(socket: &std::path::Path) -> u32 {
    let proxy = Proxy::start(socket, Fate::Lost, u32::MAX);
    let store = by_url(url(proxy.socket(), "ringfence", "ringfence")).await;
    store.close().await;
    proxy.commits.load(Ordering::SeqCst)
}

async fn a_commit_with(fate: Fate) {
    let dir = temp();
    let server = cluster(dir.path()).await;
    let direct = by_url(url(server.socket_dir(), "ringfence", "ringfence")).await;
    // Each batch in turn: the first, whose rows are all new, to the last, which has duplicates too.
    let before = commits_before(server.socket_dir()).await;
    for batch in [2, 5, 6] {
        super::tell(&mut super::admin(server.socket_dir()).await, "truncate record_log").await;
        let proxy = Proxy::start(server.socket_dir(), fate, before + batch);
        let store = by_url(url(proxy.socket(), "ringfence", "ringfence")).await;
        let said = Said::listen();
        let feed = Feed::start(&store, &patient(60)).await;
        feed.go_on();
        feed.end_exactly(&direct).await;
        said.once("writing to the log");
        store.close().await;
    }
    direct.close().await;
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_made_again() {
    a_commit_with(Fate::Lost).await;
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_counted_once() {
    a_commit_with(Fate::Unheard).await;
}

#[tokio::test]
async fn a_process_frozen_in_a_transaction_loses_its_locks() {
    let dir = temp();
    let server = cluster(dir.path()).await;
    let direct = by_url(url(server.socket_dir(), "ringfence", "ringfence")).await;
    let before = commits_before(server.socket_dir()).await;
    let proxy = Proxy::start(server.socket_dir(), Fate::Frozen, before + 2);
    let frozen = by_url(url(proxy.socket(), "ringfence", "ringfence")).await;
    let slow = Feed::start(&frozen, &patient(60)).await;
    until("it is frozen", async || proxy.commits.load(Ordering::SeqCst) >= before + 2).await;
    // The same records from somebody without patience: a lock that lasts is a failure.
    let quick = Feed::start(&direct, &patient(0)).await;
    quick.go_on();
    let quick = quick.end().await.unwrap();
    assert_eq!(stored(&direct).await.len() as u128, DIFFERENT);
    // Awake again, the other finds its transaction gone and everything there.
    proxy.go_on.notify_one();
    slow.go_on();
    let slow = slow.end().await.unwrap();
    assert_eq!(u128::from(slow.new + quick.new), DIFFERENT);
    assert_eq!(u128::from(slow.duplicates + quick.duplicates), 2 * FED - DIFFERENT);
    assert_eq!(stored(&direct).await.len() as u128, DIFFERENT);
    frozen.close().await;
    direct.close().await;
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

#[tokio::test]
async fn a_process_frozen_while_it_sends_rows_does_not_hold_the_log_back() {
    let dir = temp();
    let server = cluster(dir.path()).await;
    let direct = by_url(url(server.socket_dir(), "ringfence", "ringfence")).await;
    let before = commits_before(server.socket_dir()).await;
    let proxy = Proxy::start(server.socket_dir(), Fate::FrozenCopy, u32::MAX);
    let frozen = by_url(url(proxy.socket(), "ringfence", "ringfence")).await;
    let slow = Feed::begin(&frozen, &patient(60)).await;
    until("it is frozen", async || proxy.commits.load(Ordering::SeqCst) > before).await;
    // The rows are there and the transaction has a number; until then it would hold nothing.
    let mut admin = super::admin(server.socket_dir()).await;
    let numbered =
        "select count(*) from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()";
    until("its transaction has a number", async || {
        sqlx::query_scalar::<_, i64>(numbered).fetch_one(&mut admin).await.unwrap() == 1
    })
    .await;
    let quick = Feed::begin(&direct, &patient(0)).await;
    quick.go_on();
    let quick = quick.end().await.unwrap();
    assert_eq!(u128::from(quick.new), DIFFERENT);
    assert_eq!(stored(&direct).await.len(), 0, "the frozen transaction may still write below these");
    until("the session is ended", async || {
        direct.end_stalled(Duration::from_millis(500)).await.unwrap() == 1
    })
    .await;
    until("the log goes on", async || stored(&direct).await.len() as u128 == DIFFERENT).await;
    proxy.go_on.notify_one();
    slow.go_on();
    let slow = slow.end().await.unwrap();
    assert_eq!((slow.new, u128::from(slow.duplicates)), (0, FED));
    frozen.close().await;
    direct.close().await;
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}
