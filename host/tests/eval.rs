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
        rules: None,
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

/// Runs the program in a folder.
fn ringfence(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ringfence"));
    command
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("RINGFENCE_DATA_DIR", env!("CARGO_TARGET_TMPDIR"));
    for set in ["RINGFENCE_CONFIG", "RINGFENCE_LOG", "RINGFENCE_LOG_FORMAT"] {
        command.env_remove(set);
    }
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_scores_a_folder_of_demo_write() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let made = ringfence(at, &["demo", "--write", "set", "--users", "40", "--days", "21"]);
    assert_eq!(made.0, 0, "{}", made.2);
    let (code, table, summary) = ringfence(at, &["eval", "set"]);
    assert_eq!(code, 0, "{summary}");
    for part in ["Attacks:", "toll-fraud-burst", "Look-alikes:", "User-days:"] {
        assert!(table.contains(part), "{part} is missing:\n{table}");
    }
    // The report, the pages and the events hold the same records.
    assert!(summary.contains("set: ") && !summary.contains("set aside: "), "{summary}");

    std::fs::write(at.join("floor.toml"), "[recall]\nunheard-of = 0.5\n").unwrap();
    let (code, json, below) =
        ringfence(at, &["eval", "set", "--format", "json", "--floor", "floor.toml", "--workers", "1"]);
    assert_eq!(code, 1, "{below}");
    assert!(below.contains("below the floor: recall of unheard-of"), "{below}");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["format"], 1);
    assert_eq!(report["sets"][0]["set_aside"], 0);
    let twice = ringfence(at, &["eval", "set", "--format", "json", "--workers", "3"]).1;
    assert_eq!(twice, json, "figures depend on the number of workers");
}

#[test]
fn what_cannot_be_scored_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let refused = |part: &str| {
        let (code, _, said) = ringfence(at, &["eval", "."]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(part), "{part}: {said}");
    };
    refused("labels.json: cannot be read");
    std::fs::write(at.join("labels.json"), "{\"attacks\": [\n{\"kind\": 7}]}").unwrap();
    refused("labels.json:2: invalid type");
    std::fs::write(at.join("labels.json"), "{\"attacks\": [{\"kind\": \"burst\", \"records\": [\"a\"]}]}")
        .unwrap();
    refused("no records: put records.csv");
    std::fs::write(at.join("feed.ndjson"), "{\"Report ID\":\"b\",\"Start time\":\"2026-03-02T08:00:00Z\"}\n")
        .unwrap();
    refused("none of its 1 records is in the files");
}
