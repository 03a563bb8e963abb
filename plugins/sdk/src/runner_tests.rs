//! The runner on a detector that counts: restarts, eviction, lateness, unreadable state.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::harness::{Arrival, Harness, Random, Record, logged, stored};
use crate::{
    Case, DAY, Detector, Episode, Episodes, HOUR, MINUTE, Migrated, Millis, Now, OldState, Output, Report,
    Row, Setup, Severity, Subject, Window,
};

const MANIFEST: &str = r#"
id = "counter"
version = "0.1.0"
interface = "1.0"
summary = "Counts."
partition = "user"
events = ["call"]
columns = ["start_time", "report_time", "record_id", "user", "duration"]
capabilities = ["state"]
state_schema = 3
[config.calls]
type = "integer"
default = 3
doc = "Calls in an hour."
"#;

#[derive(Deserialize)]
struct Config {
    calls: usize,
}

struct Counter(Config);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    window: Window,
    seconds: u64,
    /// Depends on order: a hash over everything so far.
    trace: u64,
}

impl Detector for Counter {
    type Config = Config;
    type Event = u32;
    type State = State;
    type Facts = (u64, u64);
    type Habits = ();

    const STATE_SCHEMA: u8 = 3;

    fn new(config: Config) -> Result<Self, String> {
        Ok(Counter(config))
    }

    fn look_back(&self) -> Millis {
        HOUR
    }

    fn select(&self, row: &Row<'_>) -> Option<(Subject, u32)> {
        Some((Subject::User(row.user()), row.duration()))
    }

    fn step(&self, state: &mut State, now: &Now<'_, u32>, episodes: &mut Episodes<(u64, u64)>) {
        let mut gone = 0;
        let hour = state.window.slide(now, HOUR, 1000, |call, _| gone += u64::from(call.event));
        state.seconds = state.seconds + u64::from(now.event) - gone;
        assert_eq!(state.seconds, now.within(HOUR).iter().map(|c| u64::from(c.event)).sum::<u64>());
        state.trace = state.trace.wrapping_mul(31).wrapping_add(now.start as u64 ^ u64::from(now.event));
        if hour.len() >= self.0.calls {
            let (episode, _) = episodes.extend(Case::new("many", HOUR), hour);
            episode.facts = (state.seconds, state.trace);
            episode.rise(Severity::High);
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<(u64, u64)>) -> Report {
        Report::new("many").figure("seconds", episode.facts.0).figure("trace", episode.facts.1)
    }
}

fn calls(seed: u64, count: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut at = 1_772_000_000_000;
    (0..count)
        .map(|id| {
            at += if random.below(20) == 0 { DAY } else { MINUTE } * random.below(15) as i64;
            let user = format!("user{}", random.below(5));
            Record::at_millis(id, at).set("user", user).talked(random.below(900) as i64)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn order_repetition_batches_and_restarts_do_not_matter(traffic: u64, seed: u64, count in 1u64..900) {
        Harness::new(MANIFEST).check_order::<Counter>(&calls(traffic, count), seed);
    }
}

#[test]
fn an_autodialler_with_small_inversions_is_not_quadratic() {
    let records: Vec<Record> = (0..20_000u64)
        .map(|id| {
            let at = 1_772_000_000_000 + id as i64 * 4_000;
            Record::at_millis(id, at).set("user", "bot").talked((id * 7919 % 60) as i64)
        })
        .collect();
    let begin = std::time::Instant::now();
    let findings = Harness::new(MANIFEST).run_as::<Counter>(&records, Arrival::split(5));
    assert_eq!(findings.len(), 1);
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

#[test]
fn subjects_are_evicted_and_read_again() {
    let harness = Harness::new(MANIFEST);
    let mut runner = harness.runner::<Counter>().with_bounds(1, 0);
    let records = calls(1, 200);
    let rows: Vec<&Record> = records.iter().collect();
    let batch = |rows: &[&Record]| crate::harness::batch_of(MANIFEST, rows);
    let mut outputs = Vec::new();
    for part in rows.chunks(20) {
        outputs.extend(runner.process(&batch(part)).unwrap());
        runner.checkpoint().unwrap();
        assert!(runner.resident() <= 1);
    }
    assert_eq!(stored().1, 5, "one key per user");
    assert!(outputs.iter().any(|o| matches!(o, Output::Raise(_))));
    // Everything again: nothing new.
    let again: Vec<Output> = rows.chunks(20).flat_map(|p| runner.process(&batch(p)).unwrap()).collect();
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn what_is_too_late_is_left_out_and_said() {
    let harness = Harness::new(MANIFEST);
    let mut runner = harness.runner::<Counter>();
    let record = |id: u64, at: i64| Record::at_millis(id, at).set("user", "ana").talked(1);
    let mut first = crate::harness::batch_of(MANIFEST, &[&record(1, 10 * DAY)]);
    first.horizon = 9 * DAY;
    runner.process(&first).unwrap();
    let late = [record(2, 9 * DAY - 1), record(3, 9 * DAY - 2), record(4, 9 * DAY - 3)];
    let late: Vec<&Record> = late.iter().collect();
    assert!(runner.process(&crate::harness::batch_of(MANIFEST, &late)).unwrap().is_empty());
    runner.checkpoint().unwrap();
    assert!(logged()[0].1.starts_with("3 events started before the horizon"));
}

#[test]
fn unreadable_state_names_the_key_and_the_versions() {
    let harness = Harness::new(MANIFEST);
    let record = Record::at(1, "2026-03-01T10:00:00Z").set("user", "ana");
    let batch = crate::harness::batch_of(MANIFEST, &[&record]);
    let user = crate::names::intern("ana");
    crate::imports::state_set(&Subject::User(user).state_key(), &[130, 2, 0, 0]);
    let error = harness.runner::<Counter>().process(&batch).unwrap_err().to_string();
    assert!(
        error.contains("'u/4096'") && error.contains("schema 2") && error.contains("schema 3"),
        "{error}"
    );
    crate::imports::state_set(&Subject::User(user).state_key(), &[130, 3, 255]);
    assert!(harness.runner::<Counter>().process(&batch).unwrap_err().to_string().contains("'u/4096'"));
}

#[test]
fn wrong_settings_are_named() {
    let setup = Setup::new("{}", Harness::new(MANIFEST).columns());
    let error = crate::Runner::<Counter>::configure(&setup).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("calls"), "{error}");
}

/// The counter before it kept a trace, and with seconds as a short number.
mod old {
    use super::*;

    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    pub(super) struct State {
        pub(super) window: Window,
        pub(super) seconds: u32,
    }

    pub(super) struct Counter(super::Config);

    impl Detector for Counter {
        type Config = super::Config;
        type Event = u16;
        type State = State;
        type Facts = u64;
        type Habits = ();

        const STATE_SCHEMA: u8 = 1;

        fn new(config: super::Config) -> Result<Self, String> {
            Ok(Counter(config))
        }

        fn look_back(&self) -> Millis {
            HOUR
        }

        fn select(&self, row: &Row<'_>) -> Option<(Subject, u16)> {
            Some((Subject::User(row.user()), row.duration() as u16))
        }

        fn step(&self, state: &mut State, now: &Now<'_, u16>, episodes: &mut Episodes<u64>) {
            let mut gone = 0;
            let hour = state.window.slide(now, HOUR, 1000, |call, _| gone += u32::from(call.event));
            state.seconds = state.seconds + u32::from(now.event) - gone;
            if hour.len() >= self.0.calls {
                let (episode, _) = episodes.extend(Case::new("many", HOUR), hour);
                episode.facts = state.seconds.into();
                episode.rise(Severity::High);
            }
        }

        fn describe(&self, _subject: Subject, episode: &Episode<u64>) -> Report {
            Report::new("many").figure("seconds", episode.facts)
        }
    }
}

/// The counter of schema 2: what [`old::Counter`] became.
struct Newer(old::Counter);

impl Detector for Newer {
    type Config = Config;
    type Event = u32;
    type State = (u64, Window);
    type Facts = (u64, String);
    type Habits = ();

    const STATE_SCHEMA: u8 = 2;

    fn new(config: Config) -> Result<Self, String> {
        old::Counter::new(config).map(Newer)
    }

    fn look_back(&self) -> Millis {
        self.0.look_back()
    }

    fn select(&self, row: &Row<'_>) -> Option<(Subject, u32)> {
        Some((Subject::User(row.user()), row.duration()))
    }

    fn step(&self, state: &mut Self::State, now: &Now<'_, u32>, episodes: &mut Episodes<(u64, String)>) {
        let (seconds, window) = state;
        let mut gone = 0;
        let hour = window.slide(now, HOUR, 1000, |call, _| gone += u64::from(call.event));
        *seconds = *seconds + u64::from(now.event) - gone;
        if hour.len() >= 3 {
            let (episode, _) = episodes.extend(Case::new("many", HOUR), hour);
            episode.facts.0 = *seconds;
            episode.rise(Severity::High);
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<(u64, String)>) -> Report {
        Report::new("many").figure("seconds", episode.facts.0)
    }

    fn migrate(stored: OldState<'_>) -> Result<Migrated<Self>, String> {
        match stored.schema() {
            1 => stored.read(
                |seconds: u16| u32::from(seconds),
                |state: old::State| (u64::from(state.seconds), state.window),
                |seconds: u64| (seconds, "from before".to_owned()),
            ),
            other => Err(format!("there never was a schema {other}")),
        }
    }
}

#[test]
fn a_newer_version_goes_on_with_the_state_of_an_older_one() {
    let harness = Harness::new(MANIFEST);
    let records: Vec<Record> = calls(5, 300);
    let rows: Vec<&Record> = records.iter().collect();
    let mut findings = std::collections::BTreeMap::new();
    let mut note = |outputs: Vec<Output>| {
        for output in outputs {
            match output {
                Output::Raise(f) => drop(findings.insert((f.subject.text(), f.key.clone()), *f)),
                Output::Withdraw { key, subject } => drop(findings.remove(&(subject.text(), key))),
            }
        }
    };
    let batch = |rows: &[&Record]| {
        let mut batch = crate::harness::batch_of(MANIFEST, rows);
        batch.horizon = rows[0].start() - DAY;
        batch
    };
    let mut before = harness.runner::<old::Counter>();
    let (first, second) = rows.split_at(150);
    first.chunks(10).for_each(|part| note(before.process(&batch(part)).unwrap()));
    before.checkpoint().unwrap();
    let mut after = harness.runner::<Newer>();
    second.chunks(10).for_each(|part| note(after.process(&batch(part)).unwrap()));
    after.checkpoint().unwrap();
    let quiet = harness.run::<old::Counter>(&records);
    assert!(!quiet.is_empty());
    assert_eq!(findings, quiet);
}

#[test]
fn state_that_nobody_can_migrate_is_refused_with_its_version() {
    let harness = Harness::new(MANIFEST);
    let record = Record::at(1, "2026-03-01T10:00:00Z").set("user", "ana").talked(1);
    let batch = crate::harness::batch_of(MANIFEST, &[&record]);
    let key = Subject::User(crate::names::intern("ana")).state_key();
    let refused = |bytes: &[u8]| {
        crate::imports::state_set(&key, bytes);
        harness.runner::<Newer>().process(&batch).unwrap_err().to_string()
    };
    assert!(refused(&[130, 7, 0]).contains("there never was a schema 7"));
    assert!(refused(&[130, 1, 255]).contains("schema 1 cannot be read"));
    let other = refused(&[200, 1, 0]);
    assert!(other.contains("form 200") && other.contains("form 130") && other.contains("reset"), "{other}");
    assert!(refused(&[]).contains("empty"));
}
