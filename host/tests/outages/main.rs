//! The database fails in every way it can while records are stored: the writer keeps trying, says so once, goes on, and the
//! log and the counts are exact.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod commands;
mod commit;
mod proxy;
mod world;

use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ringfence::store::Store;
use sqlx::Connection;
use world::{Feed, LIMIT, Said, admin, by_url, cluster, embedded, patient, tell, temp, url};

fn signal(pid: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// The server under a feed is ended by a signal; the feed's own store starts it again.
async fn ended_by(name: &str) {
    let dir = temp();
    let store = embedded(dir.path()).await;
    let said = Said::listen();
    let feed = Feed::start(&store, &patient(60)).await;
    let pid = store.cluster().unwrap().pid().unwrap();
    signal(pid, name);
    feed.go_on();
    feed.end_exactly(&store).await;
    said.once("writing to the log");
    assert_ne!(store.cluster().unwrap().pid().unwrap(), pid);
    store.close().await;
}

#[tokio::test]
async fn a_killed_server() {
    ended_by("-KILL").await;
}

#[tokio::test]
async fn a_stopped_server() {
    ended_by("-INT").await;
}

#[tokio::test]
async fn a_server_by_url_that_is_down_for_a_while() {
    let dir = temp();
    let server = cluster(dir.path()).await;
    let store = by_url(url(server.socket_dir(), "ringfence", "ringfence")).await;
    let said = Said::listen();
    let feed = Feed::start(&store, &patient(60)).await;
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
    feed.go_on();
    said.until_away().await;
    let server = cluster(dir.path()).await;
    feed.end_exactly(&store).await;
    said.once("writing to the log");
    store.close().await;
    drop(server);
}

/// The trouble starts with one piece of SQL and ends with another.
async fn trouble(start: &str, end: &str, why: &str) {
    let dir = temp();
    let store = embedded(dir.path()).await;
    let mut admin = admin(store.cluster().unwrap().socket_dir()).await;
    let said = Said::listen();
    let feed = Feed::start(&store, &patient(60)).await;
    tell(&mut admin, start).await;
    feed.go_on();
    said.until_away().await;
    tell(&mut admin, end).await;
    feed.end_exactly(&store).await;
    said.once(why);
    admin.close().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn read_only() {
    // One statement each: ALTER SYSTEM takes no company.
    let dir = temp();
    let store = embedded(dir.path()).await;
    let mut admin = admin(store.cluster().unwrap().socket_dir()).await;
    let said = Said::listen();
    let feed = Feed::start(&store, &patient(60)).await;
    for sql in ["alter system set default_transaction_read_only = on", "select pg_reload_conf()"] {
        tell(&mut admin, sql).await;
    }
    feed.go_on();
    said.until_away().await;
    for sql in ["alter system reset default_transaction_read_only", "select pg_reload_conf()"] {
        tell(&mut admin, sql).await;
    }
    feed.end_exactly(&store).await;
    said.once("make it writable");
    store.close().await;
}

#[tokio::test]
async fn a_lock_that_others_hold() {
    let start = "begin; lock table record_log in access exclusive mode";
    trouble(start, "commit", "another session holds a lock").await;
}

#[tokio::test]
async fn a_full_disk() {
    let start = "create function full_disk() returns trigger language plpgsql as
            $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$;
        create trigger full_disk before insert on record_log execute function full_disk()";
    trouble(start, "drop trigger full_disk on record_log", "the disk is full").await;
}

#[tokio::test]
async fn dropped_connections() {
    let dir = temp();
    let store = embedded(dir.path()).await;
    let mut admin = admin(store.cluster().unwrap().socket_dir()).await;
    let said = Said::listen();
    let feed = Feed::start(&store, &patient(60)).await;
    feed.go_on();
    let drop_all =
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ringfence'";
    // Whatever is going on at that moment.
    for _ in 0..5 {
        tell(&mut admin, drop_all).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    feed.end_exactly(&store).await;
    assert_eq!(said.away(), said.back(), "{}", said.text());
    assert!(said.away() > 0);
    store.close().await;
}

#[tokio::test]
async fn too_many_connections() {
    let dir = temp();
    let server = cluster(dir.path()).await;
    let mut admin = admin(server.socket_dir()).await;
    // Limits do not bind a superuser.
    tell(&mut admin, "create role feeder login").await;
    tell(&mut admin, "create database fed owner feeder").await;
    let store = by_url(url(server.socket_dir(), "feeder", "fed")).await;
    let said = Said::listen();
    let feed = Feed::start(&store, &patient(60)).await;
    tell(&mut admin, "alter role feeder connection limit 0").await;
    tell(&mut admin, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'feeder'").await;
    feed.go_on();
    said.until_away().await;
    tell(&mut admin, "alter role feeder connection limit -1").await;
    feed.end_exactly(&store).await;
    said.once("trying again");
    store.close().await;
    admin.close().await.unwrap();
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

#[tokio::test]
async fn patience_ends_and_nothing_is_lost() {
    let dir = temp();
    let server = cluster(dir.path()).await;
    let url = url(server.socket_dir(), "ringfence", "ringfence");
    let store = by_url(url.clone()).await;
    let said = Said::listen();
    let feed = Feed::start(&store, &patient(1)).await;
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
    feed.go_on();
    let error = feed.end().await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!((said.away(), said.back()), (1, 0), "{}", said.text());
    // The same again, when it is back.
    let server = cluster(dir.path()).await;
    let feed = Feed::start(&store, &patient(60)).await;
    feed.go_on();
    feed.end().await.unwrap();
    assert_eq!(world::stored(&store).await.len() as u128, world::DIFFERENT);
    store.close().await;
    drop(server);
}

#[tokio::test]
async fn a_stop_ends_the_waiting() {
    let dir = temp();
    let server = cluster(dir.path()).await;
    let store: Store = by_url(url(server.socket_dir(), "ringfence", "ringfence")).await;
    let said = Said::listen();
    let patience = patient(3_600);
    let feed = Feed::start(&store, &patience).await;
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
    feed.go_on();
    said.until_away().await;
    let asked = Instant::now();
    patience.stop.store(true, Ordering::Relaxed);
    feed.end().await.unwrap_err();
    assert!(asked.elapsed() < LIMIT);
}
