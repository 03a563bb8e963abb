//! The detectors against the floors, on fixed seeds: prints the figures and fails when one falls below.

#![allow(clippy::unwrap_used, reason = "a test may panic; helpers are not recognised as tests")]

use std::io::Write;
use std::path::Path;

use ringfence::demo::{Options, Parts, generate};
use ringfence::eval::style::Style;
use ringfence::eval::{Floors, Report, Score, Work, evaluate, folder, labels, print};
use ringfence::plugin::{Runtime, builtins, load_all};

/// The sets: seeds that nobody looked at while the detectors were written, at two sizes.
const SETS: [(u64, u32); 3] = [(101, 180), (202, 150), (303, 200)];

/// What the figures must reach. All floors are here and nowhere else; `ringfence eval --floor` reads the same file.
const FLOORS: &str = include_str!("eval/floor.toml");

/// The ordinary way of `eval DIR`: the folder's files, labels and configuration.
fn score(seed: u64, users: u32) -> Score {
    let set = tempfile::tempdir().unwrap();
    let demo = generate(&Options { seed, users, ..Options::default() }).unwrap();
    // One form of the records: three would be read thrice for the same findings.
    demo.write(set.path(), Parts { csv: false, pages: false, feed: true }).unwrap();
    let labels = labels::read(set.path()).unwrap();
    let inputs = folder::inputs(set.path(), None).unwrap();
    let config = ringfence::config::Config::load(&set.path().join(folder::CONFIG)).unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let runtime = Runtime::new(Some(&cache)).unwrap();
    let (plugins, refused) = load_all(&runtime, builtins(), None, &config);
    assert!(refused.is_empty(), "{refused:?}");
    let name = format!("seed-{seed}");
    let work = Work {
        inputs: &inputs,
        labels: &labels,
        config: &config,
        plugins: &plugins,
        workers: 2,
        folder: Path::new(&name),
    };
    let (score, scanned) = evaluate(&work).unwrap();
    assert_eq!(scanned.read.rejected, 0, "{:?}", scanned.read.samples.first());
    assert!(scanned.parked.is_empty() && scanned.fates.values().all(|f| f.quarantined.is_none()));
    let missing = score.attacks.iter().chain(&score.lookalikes).find(|case| case.records_missing > 0);
    assert!(missing.is_none(), "{missing:?}");
    score
}

#[test]
fn the_detectors_reach_the_floors() {
    let report = Report::of(SETS.into_iter().map(|(seed, users)| score(seed, users)).collect());
    let mut figures = Vec::new();
    print(&mut figures, Style { colour: false, width: 120 }, &report).unwrap();
    // Past the capture of the test harness: the figures are shown whether they suffice or not.
    std::io::stderr().lock().write_all(&figures).unwrap();
    let below = Floors::from_toml(FLOORS).unwrap().check(&report);
    assert!(below.is_empty(), "below the floor:\n{}", below.join("\n"));
}
