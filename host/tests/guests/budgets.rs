//! Budgets in a service: what a plugin used is known exactly, one that takes too much is stopped before anything of it is kept, and
//! one that is too slow delays only itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ringfence::config::{Budget, Config, Limits, PluginConfig};
use ringfence::engine::log::Progress;
use ringfence::engine::service::{Fixed, InForce, Service};
use ringfence::store::{PluginUsage, Store};
use ringfence::telemetry::Metrics;
use serde_json::json;

use super::server::fresh;
use super::service::{feed, findings};
use super::setup::load;

/// A stuck test ends; how fast something is, is not what these tests are about.
const LIMIT: Duration = Duration::from_secs(120);

/// Rounds of the glutton's loop for each row, in thousands: some milliseconds, so that 512 rows take more than a second on the
/// fastest machine and less than the deadline on the slowest.
const SLOW: u64 = 8_000;

/// A configuration in which the glutton does as told.
fn config(does: serde_json::Value, budget: Budget) -> Config {
    let limits = Limits { call_ms: 100_000, log_lines_per_call: 10_000, ..Limits::default() };
    let glutton = PluginConfig { config: does, limits, budget, ..PluginConfig::default() };
    Config { plugins: [("glutton".to_owned(), glutton)].into(), ..Config::default() }
}

/// The glutton beside one that finds something in every record.
fn service(store: &Store, config: Config, workers: usize, until_idle: bool) -> Service {
    Service {
        store: store.clone(),
        runtime: tokio::runtime::Handle::current(),
        keeper: Arc::new(Fixed(InForce {
            generation: 1,
            config: Arc::new(config),
            plugins: vec![load("glutton").unwrap(), load("poison").unwrap()],
            rules: rules::load(&[], &[], &rules::LoadOptions::default()).set,
        })),
        workers,
        stop: Arc::new(AtomicBool::new(false)),
        until_idle,
        patience: None,
        metrics: Metrics::new(),
        tell: Box::new(|_| ()),
    }
}

async fn run(service: Service) -> Progress {
    tokio::task::spawn_blocking(move || service.run()).await.unwrap().unwrap()
}

async fn line(store: &Store, plugin: &str) -> PluginUsage {
    let lines = store.usage().await.unwrap();
    lines.into_iter().map(|(line, _)| line).find(|line| line.plugin == plugin).unwrap_or_default()
}

async fn wait_for(store: &Store, detector: &str, count: usize) {
    let end = Instant::now() + LIMIT;
    loop {
        let found = findings(store, detector).await;
        if found == count {
            return;
        }
        assert!(Instant::now() < end, "{found} findings of {detector} instead of {count}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_exact() {
    let (store, _name, _server) = fresh().await;
    let does = json!({"value_bytes": 100, "findings": true, "lines": 2, "memory_mib": 20});
    let budget = Budget { log_lines_per_hour: 100_000, ..Budget::default() };
    feed(&store, 0, &[60; 200]).await;
    let evaluated = service(&store, config(does.clone(), budget.clone()), 2, true);
    let metrics = evaluated.metrics.clone();
    run(evaluated).await;
    let used = line(&store, "glutton").await;
    assert_eq!((used.rows, used.records, used.state_keys, used.state_bytes), (200, 200, 200, 200 * 132));
    assert_eq!((used.findings, used.log_lines, used.log_lines_lost, used.failures), (200, 400, 0, 0));
    assert!(used.memory_bytes >= 20 << 20 && used.memory_peak_bytes == used.memory_bytes, "{used:?}");
    assert!(used.seconds > 0.0 && used.time_share > 0.0 && used.place == "main group", "{used:?}");
    assert!((used.budget["budget.state_keys"] - 200.0 / 1e6).abs() < 1e-9, "{used:?}");
    let shown = metrics.exposition();
    for series in [
        "ringfence_plugin_state_keys{plugin=\"glutton\"} 200\n",
        "ringfence_plugin_state_bytes{plugin=\"glutton\"} 26400\n",
        "ringfence_plugin_findings_total{plugin=\"glutton\"} 200\n",
        "ringfence_plugin_log_lines_total{plugin=\"glutton\"} 400\n",
        "ringfence_detector_state_keys{detector=\"glutton\"} 200\n",
        "ringfence_detector_rows_total{detector=\"poison\"} 200\n",
    ] {
        assert!(shown.contains(series), "{series} is not in {shown}");
    }
    // Another process begins with what is stored.
    feed(&store, 1_000, &[60; 50]).await;
    run(service(&store, config(does, budget), 3, true)).await;
    let used = line(&store, "glutton").await;
    assert_eq!((used.rows, used.state_keys, used.state_bytes), (50, 250, 250 * 132));
    let stored = store.state_summary().await.unwrap();
    let stored = stored.iter().find(|s| s.detector == "glutton").unwrap();
    assert_eq!((stored.keys, stored.bytes), (250, 250 * 100));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_floods_is_stopped_with_its_reason_and_nothing_of_it_is_kept() {
    let floods = [
        (
            json!({"value_bytes": 10, "findings": true}),
            Budget { state_keys: 299, ..Budget::default() },
            "budget.state_keys: 300 of 299",
        ),
        (
            json!({"value_bytes": 10_000, "findings": true}),
            Budget { state_mib: 1, ..Budget::default() },
            "budget.state_mib: 2.87 of 1 MiB",
        ),
        (
            // One a minute.
            json!({"findings": true, "value_bytes": 10}),
            Budget { findings_per_hour: 50, ..Budget::default() },
            "of 50 findings",
        ),
        (
            json!({"lines": 1, "findings": true, "value_bytes": 10}),
            Budget { log_lines_per_hour: 100, ..Budget::default() },
            "101 of 100 log lines",
        ),
    ];
    for (does, budget, reason) in floods {
        let (store, _name, _server) = fresh().await;
        feed(&store, 0, &[60; 300]).await;
        run(service(&store, config(does.clone(), budget), 1, true)).await;
        let stopped = store.quarantines().await.unwrap();
        assert_eq!(stopped.len(), 1, "{does}: {stopped:?}");
        let said = &stopped[0].reason;
        assert!(stopped[0].detector == "glutton" && stopped[0].until.is_some(), "{stopped:?}");
        assert!(said.contains(reason) && said.contains("raise plugins.glutton.budget."), "{said}");
        assert_eq!((findings(&store, "glutton").await, findings(&store, "poison").await), (0, 300));
        assert!(store.state_summary().await.unwrap().is_empty(), "half a checkpoint was committed");
        assert!(!store.cursors().await.unwrap().contains_key("glutton"));
        let used = line(&store, "glutton").await;
        assert_eq!((used.quarantines, used.state_keys, used.findings), (1, 0, 0));
        store.close().await;
    }
    // At the edge of every budget nothing happens.
    let (store, _name, _server) = fresh().await;
    feed(&store, 0, &[60; 300]).await;
    let does = json!({"value_bytes": 10, "findings": true, "lines": 1});
    let budget = Budget {
        state_keys: 300,
        state_mib: 1,
        findings_per_hour: 70,
        log_lines_per_hour: 300,
        ..Budget::default()
    };
    run(service(&store, config(does, budget), 1, true)).await;
    assert!(store.quarantines().await.unwrap().is_empty());
    assert_eq!(findings(&store, "glutton").await, 300);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_plugin_delays_only_itself_and_misses_nothing() {
    let (store, _name, _server) = fresh().await;
    feed(&store, 0, &[60; 900]).await;
    let slow = || config(json!({"work": SLOW, "findings": true}), Budget::default());
    let working = service(&store, slow(), 1, false);
    let stop = working.stop.clone();
    let working = tokio::spawn(run(working));
    // The first batch of 512 is enough: nothing of its counts, and the others' checkpoint is not held up by the second.
    wait_for(&store, "poison", 900).await;
    assert_eq!(findings(&store, "glutton").await, 0);
    assert!(store.quarantines().await.unwrap().is_empty());
    feed(&store, 10_000, &[60; 100]).await;
    wait_for(&store, "poison", 1_000).await;
    wait_for(&store, "glutton", 1_000).await;
    let end = Instant::now() + LIMIT;
    loop {
        let used = line(&store, "glutton").await;
        if used.place == "lane" && used.lag == 0 && used.rows >= 1_000 {
            assert!(used.budget["budget.record_us"] > 1.0, "{used:?}");
            break;
        }
        assert!(Instant::now() < end, "{used:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(line(&store, "poison").await.place, "main group");
    stop.store(true, Ordering::Relaxed);
    working.await.unwrap();
    let cursors = store.cursors().await.unwrap();
    assert_eq!(cursors["glutton"].position, cursors["poison"].position);

    // A run that ends with the log waits for the lane.
    feed(&store, 20_000, &[60; 900]).await;
    let progress = run(service(&store, slow(), 1, true)).await;
    assert_eq!(progress.records, 900);
    assert_eq!((findings(&store, "poison").await, findings(&store, "glutton").await), (1_900, 1_900));
    // Mended, it runs with the others.
    feed(&store, 30_000, &[60; 10]).await;
    run(service(&store, config(json!({"findings": true}), Budget::default()), 2, true)).await;
    assert_eq!(
        (findings(&store, "glutton").await, line(&store, "glutton").await.place),
        (1_910, "main group".to_owned())
    );
    store.close().await;
}
