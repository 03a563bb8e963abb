//! Nothing lost, nothing twice: the program is killed at seeded bytes of its conversation with PostgreSQL, in ingest, detection and
//! checkpoint, with deliveries late, shuffled and repeated, and must end in the findings of one quiet scan. Beside the built-in
//! detectors, which would forgive a repeated record, runs one that counts.
//!
//! `RINGFENCE_KILLS` says how many kills (default 200), `RINGFENCE_SEED` with which seed (a failure prints both), and
//! `RINGFENCE_MINUTES` after how long no further world is begun; then the kills are too few and the test fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../host/tests/guests/build.rs"]
#[allow(dead_code, reason = "shared with the tests of the guests, which ask for their names")]
mod build;
mod dice;
mod proxy;
mod server;
mod site;
mod tally;
mod traffic;
mod wire;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use server::Server;
use tally::Tally;
use wire::Phase;
use world::World;

/// Kills in one world: a pair of databases and its deliveries.
const KILLS_PER_WORLD: usize = 100;

/// Worlds at a time.
const THREADS: usize = 2;

/// From so many kills on, each phase must have been met.
const ENOUGH: usize = 200;

/// Who must find something then, beside a rule: the detectors shipped and the one that counts.
const DETECTORS: [&str; 5] =
    ["after-hours", "call-forwarding", "international-calls", "mass-dialing", "tally"];

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
        Err(_) => default,
    }
}

#[test]
fn whatever_is_killed_when_nothing_is_lost_and_nothing_is_found_twice() {
    let kills = setting("RINGFENCE_KILLS", 200) as usize;
    let seed = setting("RINGFENCE_SEED", 1);
    let begun = Instant::now();
    let limit = Duration::from_secs(60 * setting("RINGFENCE_MINUTES", 60));
    let server = Arc::new(Server::start());
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let worlds = kills.div_ceil(KILLS_PER_WORLD);
    let failed = std::thread::scope(|scope| {
        let player = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= worlds || begun.elapsed() > limit {
                    break;
                }
                let wanted = KILLS_PER_WORLD.min(kills - index * KILLS_PER_WORLD);
                let done = World::new(&server, seed + index as u64, wanted).play();
                let mut tally = tally.lock().unwrap();
                tally.add(&done);
                let seconds = begun.elapsed().as_secs();
                eprintln!(
                    "seed {}: {} of {kills} kills after {seconds} s",
                    seed + index as u64,
                    tally.total()
                );
            }
        };
        let players: Vec<_> = (0..THREADS.min(worlds)).map(|_| scope.spawn(player)).collect();
        players.into_iter().filter_map(|p| p.join().err()).count()
    });
    let tally = tally.into_inner().unwrap();
    eprintln!("{tally}\n  {:.1} s", begun.elapsed().as_secs_f64());
    assert_eq!(failed, 0, "see above");
    assert!(tally.total() >= kills, "{} kills of {kills}", tally.total());
    if kills >= ENOUGH {
        let unmet: Vec<&str> =
            Phase::ALL.into_iter().filter(|p| !tally.kills.contains_key(p)).map(Phase::name).collect();
        assert!(
            unmet.is_empty(),
            "never killed in {unmet:?}: does the program speak otherwise than wire.rs knows?"
        );
        for detector in DETECTORS {
            assert!(tally.findings.contains_key(detector), "{detector} found nothing: {:?}", tally.findings);
        }
        assert!(
            tally.findings.keys().any(|by| by.starts_with("rule:")),
            "no rule found anything: {:?}",
            tally.findings
        );
    }
}
