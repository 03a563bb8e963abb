//! What a failing plugin does to the evaluation of a log: its records are parked, or it is stopped and catches up later, and
//! the others never notice.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ringfence::config::Config;
use ringfence::directory::Directory;
use ringfence::engine::log::Progress;
use ringfence::engine::service::{Fixed, InForce, Service};
use ringfence::plugin::Plugin;
use ringfence::source::Input;
use ringfence::store::ingest::{IngestOptions, ingest};
use ringfence::store::{FindingFilter, ParkedFilter, Store};
use ringfence::telemetry::Metrics;

use super::server::fresh;
use super::setup::load;

/// Stores calls with the given durations, one a minute.
pub async fn feed(store: &Store, first: u32, seconds: &[u32]) {
    let mut csv =
        "Report ID,Report time,Start time,Duration,Direction,Call type,User,User UUID,Called number\n"
            .to_owned();
    for (i, seconds) in seconds.iter().enumerate() {
        let (n, minute) = (first + i as u32, i % 60);
        let time = format!("2026-03-02T{:02}:{minute:02}:00.000Z", 8 + i / 60);
        writeln!(
            csv,
            "{n:08x}-f1f6-4326-86f9-565d2e11553d,{time},{time},{seconds},ORIGINATING,SIP_NATIONAL,Ana {0},{0:08x}-0000-4000-8000-000000000001,+34600111222",
            n % 5
        )
        .unwrap();
    }
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(file.path(), csv).unwrap();
    let directory = Arc::new(Directory::from_config(&Config::default()));
    let inputs = vec![Input::File(file.path().to_owned())];
    let done = ingest(store, inputs, directory, IngestOptions::default()).await.unwrap();
    assert_eq!(done.counts.new, seconds.len() as u64);
}

async fn evaluate(store: &Store, plugins: Vec<Plugin>, workers: usize) -> Progress {
    let service = Service {
        store: store.clone(),
        runtime: tokio::runtime::Handle::current(),
        keeper: Arc::new(Fixed(InForce {
            generation: 1,
            config: Arc::new(Config::default()),
            plugins,
            rules: rules::load(&[], &[], &rules::LoadOptions::default()).set,
        })),
        workers,
        stop: Arc::new(AtomicBool::new(false)),
        until_idle: true,
        patience: None,
        metrics: Metrics::new(),
        tell: Box::new(|_| ()),
    };
    tokio::task::spawn_blocking(move || service.run()).await.unwrap().unwrap()
}

pub async fn findings(store: &Store, detector: &str) -> usize {
    let filter = FindingFilter { detector: Some(detector.to_owned()), ..FindingFilter::default() };
    store.findings(&filter).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_record_is_parked_and_can_be_tried_again() {
    let (store, _name, _server) = fresh().await;
    let mut seconds = vec![60; 100];
    seconds[40] = 666;
    feed(&store, 0, &seconds).await;
    let progress = evaluate(&store, vec![load("poison").unwrap()], 2).await;
    assert_eq!((progress.records, progress.parked), (100, 1));
    assert_eq!(findings(&store, "poison").await, 99);
    let parked = store.parked(&ParkedFilter::default()).await.unwrap();
    assert_eq!((parked[0].record.as_str(), parked[0].attempts), ("00000028-f1f6-4326-86f9-565d2e11553d", 1));
    assert!(parked[0].reason.contains("number of the beast"), "{}", parked[0].reason);

    assert_eq!(store.retry_parked(&ParkedFilter::default()).await.unwrap(), 1);
    evaluate(&store, vec![load("poison").unwrap()], 1).await;
    let parked = store.parked(&ParkedFilter::default()).await.unwrap();
    assert_eq!((parked.len(), parked[0].attempts, parked[0].retry), (1, 2, false));

    store.retry_parked(&ParkedFilter::default()).await.unwrap();
    evaluate(&store, vec![load("poison-mended").unwrap()], 3).await;
    assert!(store.parked(&ParkedFilter::default()).await.unwrap().is_empty());
    assert_eq!(findings(&store, "poison").await, 100);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_detector_that_fails_again_and_again_is_stopped_alone_and_catches_up() {
    let (store, _name, _server) = fresh().await;
    feed(&store, 0, &[666; 40]).await;
    let both = |poison: &str| vec![load(poison).unwrap(), load("empty").unwrap()];
    evaluate(&store, both("poison"), 2).await;
    // Nothing of the stretch it failed in counts for it: no finding, no parked record, no move of its cursor.
    assert_eq!(findings(&store, "poison").await, 0);
    assert!(store.parked(&ParkedFilter::default()).await.unwrap().is_empty());
    let cursors = store.cursors().await.unwrap();
    assert!(!cursors.contains_key("poison") && cursors.contains_key("empty"), "{cursors:?}");
    let stopped = store.quarantines().await.unwrap();
    assert_eq!((stopped[0].detector.as_str(), stopped[0].strikes), ("poison", 1));
    assert!(stopped[0].until.is_some() && stopped[0].reason.contains("beast"), "{stopped:?}");

    // The others go on while it waits.
    feed(&store, 1_000, &[60; 30]).await;
    let progress = evaluate(&store, both("poison"), 2).await;
    assert_eq!((progress.records, findings(&store, "poison").await), (30, 0));

    // A mended plugin need not wait: it reads what it has missed, then runs with the others.
    let progress = evaluate(&store, both("poison-mended"), 2).await;
    assert_eq!(progress.records, 0, "the others read nothing twice");
    assert_eq!(findings(&store, "poison").await, 70);
    let cursors = store.cursors().await.unwrap();
    assert_eq!(cursors["poison"], cursors["empty"]);
    assert!(store.quarantines().await.unwrap()[0].until.is_none());
    store.close().await;
}
