//! Tests for detectors, natively: feed records in any order, in any batches, with restarts, and compare what is found.
//!
//! Owns the fake host and the shuffling. Only outside components. [`Harness::check_everything`] is the one call that most tests
//! need; [`Harness::run`] and [`Harness::run_as`] show one way of arrival, [`set_place`] and [`set_world`] what the organisation is
//! like, [`logged`] and [`stored`] what the detector wrote.

mod manifest;
mod record;
pub(crate) mod world;

use std::collections::BTreeMap;

pub use manifest::Manifest;
pub use record::{Given, Record, time};
pub use world::{Place, World, logged, set_place, set_world, stored};

use crate::detector::Detector;
use crate::finding::{Finding, Output};
use crate::row::Batch;
use crate::runner::Runner;
use crate::setup::Setup;
use crate::types::{DAY, HOUR, Millis};

/// Allowed lateness in tests, the host's default.
pub const LATENESS: Millis = DAY;

/// A batch ends when the watermark has advanced by more, as in the host.
const LONGEST_BATCH: Millis = 12 * HOUR;

/// Seeds with which [`Harness::check_everything`] shuffles.
const SEEDS: std::ops::Range<u64> = 1..6;

/// How records arrive.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    seed: u64,
    shuffle: bool,
    repeat: bool,
    restart: bool,
    crowd: bool,
    /// One row per batch, and a checkpoint and a new instance after each.
    singly: bool,
}

impl Arrival {
    /// In the order of their report times, one batch of 512 after the other.
    pub const IN_ORDER: Arrival =
        Arrival { seed: 0, shuffle: false, repeat: false, restart: false, crowd: false, singly: false };

    /// In random batches.
    pub fn split(seed: u64) -> Arrival {
        Arrival { seed, ..Arrival::IN_ORDER }
    }

    /// Late by up to the allowed lateness, repeated, in random batches, with checkpoints and restarts between them.
    pub fn hostile(seed: u64) -> Arrival {
        Arrival { seed, shuffle: true, repeat: true, restart: true, ..Arrival::IN_ORDER }
    }

    /// As hostile, in an instance that is never restarted but has room for few: subjects go to rest, are forgotten
    /// and read again all the time.
    pub fn crowded(seed: u64) -> Arrival {
        Arrival { seed, shuffle: true, repeat: true, crowd: true, ..Arrival::IN_ORDER }
    }

    /// Each row as a batch of its own, and after each a checkpoint and a new instance.
    pub fn singly() -> Arrival {
        Arrival { singly: true, ..Arrival::IN_ORDER }
    }

    /// Late and repeated, each row as a batch of its own, and after each a checkpoint and a new instance.
    pub fn singly_hostile(seed: u64) -> Arrival {
        Arrival { singly: true, ..Arrival::hostile(seed) }
    }
}

/// Findings that stand at the end, by the subject's text and key.
pub type Findings = BTreeMap<(String, String), Finding>;

/// A detector with its manifest, on a fake host.
#[derive(Debug)]
pub struct Harness {
    manifest: Manifest,
    config: serde_json::Value,
}

impl Harness {
    /// From the text of `plugin.toml`, with default settings. Starts a fresh fake host on this thread.
    ///
    /// # Panics
    /// If the manifest cannot be read.
    pub fn new(manifest: &str) -> Harness {
        set_world(World::default());
        let manifest = Manifest::parse(manifest);
        let config = manifest.defaults();
        Harness { manifest, config }
    }

    /// With another value of a setting.
    ///
    /// # Panics
    /// If the manifest has no such setting.
    #[must_use]
    pub fn with(mut self, setting: &str, value: impl Into<serde_json::Value>) -> Harness {
        let slot = self.config.get_mut(setting);
        *slot.unwrap_or_else(|| panic!("no setting '{setting}' in the manifest")) = value.into();
        self
    }

    /// Names of the columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.manifest.columns
    }

    /// A fresh instance of the detector.
    ///
    /// # Panics
    /// If it refuses its configuration.
    pub fn runner<D: Detector>(&self) -> Runner<D> {
        let runner = Runner::configure(&Setup::new(self.config.to_string(), &self.manifest.columns));
        runner.unwrap_or_else(|e| panic!("{e}"))
    }

    /// What is found when the records arrive in order.
    pub fn run<D: Detector>(&self, records: &[Record]) -> Findings {
        self.run_as::<D>(records, Arrival::IN_ORDER)
    }

    /// What stands at the end when the records arrive in this way.
    ///
    /// # Panics
    /// If the detector fails, or says something the host would refuse.
    pub fn run_as<D: Detector>(&self, records: &[Record], arrival: Arrival) -> Findings {
        world::forget_state();
        let mut random = Random(arrival.seed);
        let order = arrange(records, arrival, &mut random);
        let mut runner = self.runner::<D>();
        let mut findings = Findings::new();
        let (mut from, mut watermark) = (0, Millis::MIN);
        while from < order.len() {
            let most = match arrival {
                Arrival { singly: true, .. } => 1,
                Arrival { seed: 0, .. } => 512,
                _ => 1 + random.below(60) as usize,
            };
            // The host hands over what it has at least so often, too.
            let begun = watermark.max(records[order[from]].report());
            let near = order[from..].iter().position(|i| records[*i].report() > begun + LONGEST_BATCH);
            let to = (from + near.unwrap_or(order.len() - from).max(1)).min(order.len()).min(from + most);
            let rows: Vec<&Record> = order[from..to].iter().map(|i| &records[*i]).collect();
            let mut batch = record::batch(&self.manifest, &rows);
            batch.horizon = watermark.saturating_sub(LATENESS);
            let outputs = runner.process(&batch).unwrap_or_else(|e| panic!("{e}"));
            outputs.into_iter().for_each(|o| apply(&mut findings, o));
            watermark = rows.iter().map(|r| r.report()).fold(watermark, Millis::max);
            from = to;
            if arrival.crowd {
                runner = runner.with_bounds(random.below(4) as usize, random.below(1500) as usize);
            }
            if arrival.singly {
                runner.checkpoint().unwrap_or_else(|e| panic!("{e}"));
                runner = self.runner::<D>();
            } else if (arrival.restart || arrival.crowd) && random.below(3) == 0 {
                runner.checkpoint().unwrap_or_else(|e| panic!("{e}"));
                if arrival.restart && random.below(2) == 0 {
                    runner = self.runner::<D>().with_bounds(2, 300);
                }
            }
        }
        // As the host does before a checkpoint: nothing may wait.
        let last = Batch { horizon: watermark.saturating_sub(LATENESS), ..Batch::default() };
        let outputs = runner.process(&last).unwrap_or_else(|e| panic!("{e}"));
        outputs.into_iter().for_each(|o| apply(&mut findings, o));
        findings
    }

    /// Checks all that can be checked without knowing what the detector looks for, and gives what it finds: that the findings are the
    /// same in whatever order and batches the records arrive, repeated or not, with a restart after each batch or none, with room
    /// for everybody or for few; that it never says what the host would refuse; and that manifest and detector agree on the
    /// version of the state.
    ///
    /// ```
    /// # use ringfence_sdk::{Case, Detector, Episode, Episodes, HOUR, Millis, Now, Report, Row, Severity, Subject};
    /// # ringfence_sdk::register!(Seen, "src/example.toml");
    /// # #[derive(serde::Deserialize)]
    /// # struct Seen {}
    /// # impl Detector for Seen {
    /// #     type Config = Self; type Event = (); type State = (); type Facts = (); type Habits = ();
    /// #     fn new(config: Self) -> Result<Self, String> { Ok(config) }
    /// #     fn look_back(&self) -> Millis { HOUR }
    /// #     fn select(&self, row: &Row<'_>) -> Option<(Subject, ())> { Some((Subject::User(row.user()), ())) }
    /// #     fn step(&self, _: &mut (), now: &Now<'_, ()>, episodes: &mut Episodes<()>) {
    /// #         episodes.extend(Case::new("seen", HOUR), now.within(HOUR)).0.rise(Severity::Low);
    /// #     }
    /// #     fn describe(&self, _: Subject, _: &Episode<()>) -> Report { Report::new("Seen") }
    /// # }
    /// use ringfence_sdk::harness::{Harness, Record};
    ///
    /// let records: Vec<Record> = (0..50).map(|i| Record::at_millis(i, 1_772_000_000_000 + i as i64 * 900_000).set("user", "ana")).collect();
    /// let findings = Harness::new(MANIFEST).with("calls", 5).check_everything::<Seen>(&records);
    /// assert_eq!(findings.len(), 1);
    /// ```
    ///
    /// # Panics
    /// If something does not hold: with the way in which the records arrived, for [`Harness::run_as`], and the first finding that differs.
    pub fn check_everything<D: Detector>(&self, records: &[Record]) -> Findings {
        let (detector, manifest) = (D::STATE_SCHEMA, self.manifest.state_schema);
        assert!(
            detector == manifest,
            "the detector's STATE_SCHEMA is {detector}, but plugin.toml says state_schema = {manifest}"
        );
        let quiet = self.run::<D>(records);
        let ways = [Arrival::IN_ORDER, Arrival::singly(), Arrival::singly_hostile(1)].into_iter();
        let random = SEEDS.flat_map(|s| [Arrival::split(s), Arrival::hostile(s), Arrival::crowded(s)]);
        for arrival in ways.chain(random) {
            same(&quiet, &self.run_as::<D>(records, arrival), arrival);
        }
        quiet
    }

    /// Checks that the findings do not depend on how the records arrive, and gives them. Quicker than [`Harness::check_everything`],
    /// for tests that try many sets of records.
    ///
    /// # Panics
    /// If they do.
    pub fn check_order<D: Detector>(&self, records: &[Record], seed: u64) -> Findings {
        let quiet = self.run::<D>(records);
        let seed = seed | 1;
        for arrival in [Arrival::split(seed), Arrival::hostile(seed), Arrival::crowded(seed)] {
            same(&quiet, &self.run_as::<D>(records, arrival), arrival);
        }
        quiet
    }
}

/// Panics at the first finding that is not the same.
fn same(quiet: &Findings, other: &Findings, arrival: Arrival) {
    for key in quiet.keys().chain(other.keys()) {
        let (expected, found) = (quiet.get(key), other.get(key));
        assert!(
            expected == found,
            "the finding '{}' about {} differs when records arrive as {arrival:?}\nin order: {expected:#?}\notherwise: {found:#?}",
            key.1,
            key.0
        );
    }
}

/// The batch that a manifest's detector gets for these records; without a horizon.
///
/// # Panics
/// If the manifest cannot be read.
pub fn batch_of(manifest: &str, records: &[&Record]) -> crate::Batch {
    record::batch(&Manifest::parse(manifest), records)
}

fn apply(findings: &mut Findings, output: Output) {
    match output {
        Output::Raise(finding) => {
            let word =
                |t: &str| !t.is_empty() && t.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
            assert!(word(&finding.kind), "kind '{}' is not a word", finding.kind);
            assert!(finding.key.len() <= 128, "key '{}' is too long", finding.key);
            assert!((0.0..=1.0).contains(&finding.score), "score {} is out of range", finding.score);
            assert!(!finding.evidence.is_empty(), "a finding without evidence");
            findings.insert((finding.subject.text(), finding.key.clone()), *finding);
        }
        Output::Withdraw { key, subject } => {
            let was = findings.remove(&(subject.text(), key.clone()));
            assert!(was.is_some(), "'{key}' is withdrawn but was never raised");
        }
    }
}

/// Indices of the records in the order of arrival, with repetitions.
fn arrange(records: &[Record], arrival: Arrival, random: &mut Random) -> Vec<usize> {
    let mut order: Vec<(Millis, usize)> = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let mut deliveries = 1;
        if arrival.repeat && random.below(4) == 0 {
            deliveries = 2;
        }
        for _ in 0..deliveries {
            let slack = (LATENESS - HOUR - (record.report() - record.start())).max(1) as u64;
            let delay = if !arrival.shuffle {
                0
            } else if random.below(2) == 0 {
                random.below(slack)
            } else {
                random.below(slack.min(10 * 60_000))
            };
            order.push((record.report() + delay as Millis, index));
        }
    }
    order.sort_unstable();
    order.into_iter().map(|(_, index)| index).collect()
}

/// SplitMix64: a test's own random numbers, the same on every machine.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}
