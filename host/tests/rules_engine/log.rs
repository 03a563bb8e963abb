//! On the log of a database.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use ringfence::config::Config;
use ringfence::directory::Directory;
use ringfence::engine::backtest::{Backtest, Records};
use ringfence::engine::fit::Fitter;
use ringfence::engine::service::{Change, Changed, Fixed, How, InForce, Keeper, Service};
use ringfence::plugin::{Plugin, Runtime, builtins, load_all};
use ringfence::source::Input;
use ringfence::store::ingest::{IngestOptions, ingest};
use ringfence::store::{FindingFilter, RULES, StateReset, Store, StoreError};
use ringfence::telemetry::Metrics;
use rules::{Kept, RuleSet};
use sqlx::{Connection, PgConnection};

use super::server::{fresh, url};
use super::{report, rule, set};

/// A detector beside the rules: whichever there is.
fn plugins() -> Vec<Plugin> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let runtime = Runtime::new(Some(&cache)).unwrap();
    let (mut plugins, refused) = load_all(&runtime, builtins(), None, &Config::default());
    assert!(refused.is_empty(), "{refused:?}");
    plugins.retain(|plugin| plugin.id() == "mass-dialing");
    plugins
}

async fn store_calls(store: &Store, calls: std::ops::Range<u32>) {
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(file.path(), report(calls.map(|n| (n, Some(n))))).unwrap();
    let inputs = vec![Input::File(file.path().to_owned())];
    ingest(store, inputs, Arc::new(Directory::default()), IngestOptions::default()).await.unwrap();
}

fn in_force(rules: &Arc<RuleSet>) -> InForce {
    InForce { generation: 1, config: Arc::default(), plugins: plugins(), rules: rules.clone() }
}

async fn evaluate(store: &Store, keeper: Arc<dyn Keeper>) {
    let service = Service {
        store: store.clone(),
        runtime: tokio::runtime::Handle::current(),
        keeper,
        workers: 2,
        stop: Arc::new(AtomicBool::new(false)),
        until_idle: true,
        patience: None,
        metrics: Metrics::new(),
        tell: Box::new(|_| ()),
    };
    tokio::task::spawn_blocking(move || service.run()).await.unwrap().unwrap();
}

async fn with(store: &Store, rules: &Arc<RuleSet>) {
    evaluate(store, Arc::new(Fixed(in_force(rules)))).await;
}

/// Rule, records and generation of each finding.
async fn found(store: &Store, filter: FindingFilter) -> Vec<(String, usize, u64)> {
    let findings = store.findings(&filter).await.unwrap();
    let mut found: Vec<_> =
        findings.iter().map(|f| (f.detector.clone(), f.evidence.len(), f.provenance.generation)).collect();
    found.sort();
    found
}

fn all() -> FindingFilter {
    FindingFilter::default()
}

fn outgoing(name: &str) -> String {
    rule(name, "direction: ORIGINATING", "ringfence: {subject: organisation}")
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_begin_where_the_others_are_and_look_back_when_they_are_told_to() {
    let (store, name, server) = fresh().await;
    let rules = set(&outgoing("out"));
    store_calls(&store, 0..5).await;
    with(&store, &set("")).await;
    // As of an installation that had no rules yet.
    let mut admin = PgConnection::connect(&url(&server, &name)).await.unwrap();
    sqlx::query("delete from log_cursor where consumer = 'rules'").execute(&mut admin).await.unwrap();
    with(&store, &rules).await;
    assert_eq!(found(&store, all()).await, []);
    store_calls(&store, 5..8).await;
    with(&store, &rules).await;
    assert_eq!(found(&store, all()).await, [("rule:out".to_owned(), 3, 1)]);
    let cursors = store.cursors().await.unwrap();
    assert_eq!(cursors[RULES], cursors["mass-dialing"]);
    // The detector stays where it is; the rules catch up with it by themselves.
    let reset = StateReset { detector: Some(RULES.to_owned()), rewind: true, ..StateReset::default() };
    assert_eq!(store.reset_state(&reset).await.unwrap(), 1);
    with(&store, &rules).await;
    assert_eq!(found(&store, all()).await.last().unwrap(), &("rule:out".to_owned(), 8, 1));
    assert_eq!(store.cursors().await.unwrap(), cursors);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shadow_findings_and_failures_of_scripts_are_kept_apart() {
    let (store, _, _server) = fresh().await;
    let shadow =
        rule("shadow", "direction: ORIGINATING", "status: experimental\nringfence: {subject: organisation}");
    let failing = rule("failing", "direction: ORIGINATING", "ringfence: {when: '100 / duration > 0'}");
    store_calls(&store, 0..4).await;
    with(&store, &set(&[shadow, failing].join("---\n"))).await;
    let shadow = FindingFilter { shadow: true, ..all() };
    assert_eq!(found(&store, shadow).await, [("rule:shadow".to_owned(), 4, 1)]);
    assert!(found(&store, all()).await.iter().all(|(rule, ..)| rule == "rule:failing"));
    let failures = store.rule_failures().await.unwrap();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!((failures[0].rule.as_str(), failures[0].failures), ("failing", 1));
    assert!(failures[0].digest.starts_with("sha256:") && !failures[0].message.is_empty(), "{failures:?}");
    store.close().await;
}

/// Offers other rules once, when the first were at work.
struct Once {
    first: InForce,
    second: InForce,
    restart: bool,
    done: Mutex<Vec<Changed>>,
    asked: Mutex<u32>,
}

impl Once {
    fn now(&self) -> InForce {
        if *self.asked.lock().unwrap() > 1 { self.second.clone() } else { self.first.clone() }
    }
}

impl Keeper for Once {
    fn known(&self) -> InForce {
        self.now()
    }

    fn lead(&self, _: i64) -> Result<InForce, StoreError> {
        Ok(self.now())
    }

    fn next(&self, _: i64) -> Result<Option<Change>, StoreError> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        // First before anything is read, then after the first checkpoint.
        let how = if self.restart { How::Restart } else { How::Swap { rules: true, fitted: Vec::new() } };
        let change = Change { now: self.second.clone(), how };
        Ok((*asked == 2).then_some(change))
    }

    fn begun(&self, _: Fitter) {}

    fn changed(&self, done: Changed) {
        self.done.lock().unwrap().push(done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_policy_comes_into_force_between_two_checkpoints() {
    let first = set(&[outgoing("stays"), outgoing("goes")].join("---\n"));
    let second = set(&[outgoing("stays"), outgoing("comes")].join("---\n"));
    for restart in [false, true] {
        let (store, _, _server) = fresh().await;
        store_calls(&store, 0..4).await;
        let keeper = Arc::new(Once {
            first: in_force(&first),
            second: InForce { generation: 2, ..in_force(&second) },
            restart,
            done: Mutex::default(),
            asked: Mutex::default(),
        });
        evaluate(&store, keeper.clone()).await;
        let done = keeper.done.lock().unwrap().clone();
        assert_eq!(done.len(), 1, "{done:?}");
        assert_eq!((done[0].generation, done[0].restarted), (2, restart));
        if !restart {
            let mut swaps = done[0].swaps.clone();
            swaps.sort();
            let wanted = [("comes", Kept::New), ("goes", Kept::Removed), ("stays", Kept::Kept)];
            assert_eq!(swaps, wanted.map(|(name, kept)| (name.to_owned(), kept)));
        }
        store_calls(&store, 4..7).await;
        evaluate(&store, keeper.clone()).await;
        let wanted = [("rule:comes", 3, 2), ("rule:goes", 4, 1), ("rule:stays", 7, 2)];
        let found = found(&store, all()).await;
        assert_eq!(found, wanted.map(|(rule, records, generation)| (rule.to_owned(), records, generation)));
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backtest_over_the_log_or_over_files_finds_what_evaluation_found() {
    let (store, _, _server) = fresh().await;
    store_calls(&store, 0..50).await;
    store_calls(&store, 40..60).await;
    let rules = set(&[
        outgoing("out"),
        rule("by_user", "duration|gte: 10", "ringfence: {window: 2m}"),
        rule("places", "direction: ORIGINATING", "ringfence: {subject: location}\nfields: [called_number]"),
    ]
    .join("---\n"));
    with(&store, &rules).await;
    let mut stored = store.findings(&all()).await.unwrap();
    stored.retain(|f| f.detector.starts_with("rule:"));
    let other = set(&outgoing("out"));
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(file.path(), report((0..60).map(|n| (n, Some(n))))).unwrap();
    let runtime = tokio::runtime::Handle::current();
    for records in
        [Records::Log(store.clone(), runtime), Records::Files(vec![Input::File(file.path().to_owned())])]
    {
        let test = Backtest {
            config: Config::default(),
            sets: vec![rules.clone(), other.clone()],
            records,
            read_from: i64::MIN,
            from: i64::MIN,
            to: i64::MAX,
            workers: 2,
            stop: Arc::default(),
            temp: std::env::temp_dir(),
        };
        let done = tokio::task::spawn_blocking(move || test.run()).await.unwrap().unwrap();
        assert_eq!((done.records, done.unreadable, done.late), (60, 0, 0));
        let [first, second] = done.sets.as_slice() else { panic!("two sets") };
        assert_eq!((first.findings.len(), second.findings.len()), (stored.len(), 1));
        for finding in &first.findings {
            let known = stored.iter().find(|f| f.id == finding.id);
            assert!(known.is_some_and(|known| known.same_content(finding)), "{finding:#?}\n{known:#?}");
        }
        assert_eq!(first.costs.iter().map(|cost| cost.matched).max(), Some(60));
    }
    store.close().await;
}
