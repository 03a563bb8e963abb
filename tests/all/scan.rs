//! `ringfence scan`.

use std::io::Write;

use serde_json::Value;

use crate::harness::Bench;
use crate::records::{self, toll_fraud};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// A fixed permutation: no two neighbours stay neighbours.
fn shuffled<T: Clone>(items: &[T]) -> Vec<T> {
    let n = items.len();
    let step = (n / 2..n).find(|s| gcd(*s, n) == 1).unwrap_or(1);
    (0..n).map(|i| items[(i * step + 3) % n].clone()).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn toll_fraud_is_found_with_everything_a_finding_must_say() {
    let bench = Bench::new();
    let file = bench.write("calls.ndjson", records::ndjson(&toll_fraud()));
    let run = bench.run(&["scan", "--format", "ndjson", &file]).ok();
    let findings = run.findings();
    let finding = findings
        .iter()
        .find(|f| f["detector"] == "international-calls")
        .unwrap_or_else(|| panic!("nothing found: {}{}", run.stdout, run.stderr));
    for key in [
        "id",
        "detector",
        "kind",
        "severity",
        "score",
        "subject",
        "title",
        "explanation",
        "first_event",
        "last_event",
        "raised_at",
        "revision",
        "status",
        "evidence",
        "attributes",
        "provenance",
    ] {
        assert!(finding.get(key).is_some(), "{key} is missing: {finding}");
    }
    assert_eq!(finding["subject"]["kind"], "user");
    assert_eq!(finding["subject"]["id"], "00000001-0000-4000-8000-000000000001");
    assert_eq!(finding["subject"]["name"], "User 1");
    assert!(finding["provenance"]["digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(["high", "critical"].contains(&finding["severity"].as_str().unwrap()), "{finding}");
    let evidence = finding["evidence"].as_array().unwrap();
    assert!(evidence.len() >= 5 && evidence.iter().all(|id| id.as_str().unwrap().ends_with("565d2e11553d")));
    assert!(
        findings.iter().all(|f| f["subject"]["id"] == "00000001-0000-4000-8000-000000000001"),
        "{findings:?}"
    );
}

#[test]
fn every_shape_of_the_same_records_gives_the_same_bytes() {
    let bench = Bench::new();
    let records = toll_fraud();
    let ndjson = records::ndjson(&records);
    let plain = bench.write("a.ndjson", &ndjson);
    let wanted = bench.run(&["scan", "--format", "ndjson", &plain]).ok().stdout;
    assert!(!wanted.is_empty());
    let shapes = [
        ("page.json", records::page(&records)),
        ("array.json", records::array(&records)),
        ("report.csv", records::csv(&records)),
        ("calls.ndjson.gz", gzip(&ndjson)),
        ("calls.csv.zst", zstd::encode_all(&records::csv(&records)[..], 1).unwrap()),
        ("two-pages.json", [records::page(&records[..100]), records::page(&records[100..])].concat()),
    ];
    for (name, content) in shapes {
        let file = bench.write(name, content);
        let run = bench.run(&["scan", "--format", "ndjson", &file]).ok();
        assert_eq!(run.stdout, wanted, "{name}: {}", run.stderr);
    }
    let run = bench.run_with_input(&["scan", "--format", "ndjson", "-"], &gzip(&ndjson)).ok();
    assert_eq!(run.stdout, wanted, "stdin");
}

#[test]
fn order_repeats_pieces_and_workers_change_nothing() {
    let bench = Bench::new();
    let records = toll_fraud();
    let plain = bench.write("a.ndjson", records::ndjson(&records));
    let wanted = bench.run(&["scan", "--format", "ndjson", &plain]).ok().stdout;
    let mut mixed = shuffled(&records);
    mixed.extend(records.iter().step_by(3).cloned());
    let (first, second) = mixed.split_at(mixed.len() / 3);
    let one = bench.write("1.json", records::page(first));
    let two = bench.write("2.csv", records::csv(second));
    for workers in ["1", "2", "5"] {
        let run = bench.run(&["scan", "--format", "ndjson", "--workers", workers, &one, &two]).ok();
        assert_eq!(run.stdout, wanted, "{workers} workers");
        let repeats = records.len().div_ceil(3);
        assert!(run.stderr.contains(&format!("{repeats} duplicates")), "{}", run.stderr);
    }
}

#[test]
fn bad_records_are_set_aside_with_their_line_and_disturb_nothing() {
    let bench = Bench::new();
    let records = toll_fraud();
    let plain = bench.write("a.ndjson", records::ndjson(&records));
    let wanted = bench.run(&["scan", "--format", "ndjson", &plain]).ok().stdout;
    let mut broken = String::from_utf8(records::ndjson(&records[..1])).unwrap();
    broken.push_str("{\"Report ID\": \"x\", \"Start time\": \"yesterday\"}\nnot json\n[1,2]\n\n");
    broken.push_str("{\"Start time\": \"2026-03-02T10:00:00.000Z\"}\n");
    broken.push_str(&String::from_utf8(records::ndjson(&records[1..])).unwrap());
    let file = bench.write("broken.ndjson", broken);
    let run = bench.run(&["scan", "--format", "ndjson", &file]).ok();
    assert_eq!(run.stdout, wanted);
    assert!(run.stderr.contains("4 set aside"), "{}", run.stderr);
    for part in [
        "broken.ndjson:2",
        "broken.ndjson:3",
        "broken.ndjson:4",
        "broken.ndjson:6",
        "yesterday",
        "Start time",
    ] {
        assert!(run.stderr.contains(part), "{part} is missing: {}", run.stderr);
    }
    let run = bench.run(&["scan", "--strict", "--format", "ndjson", &file]).exits(2);
    assert!(run.stderr.contains("broken.ndjson:2") && run.stdout.is_empty(), "{}", run.stderr);
}

#[test]
fn unknown_keys_are_counted_and_kept_quiet() {
    let bench = Bench::new();
    let mut records = toll_fraud();
    records.iter_mut().take(7).for_each(|r| {
        r.insert("Quantum state".to_owned(), Value::from("NA"));
    });
    let file = bench.write("new-key.json", records::array(&records));
    let run = bench.run(&["scan", &file]).ok();
    assert!(run.stderr.contains("'Quantum state' (7)"), "{}", run.stderr);
}

#[test]
fn the_exit_code_answers_fail_on() {
    let bench = Bench::new();
    let records = toll_fraud();
    let bad = bench.write("bad.json", records::page(&records));
    let good = bench.write("good.json", records::page(&records[..100]));
    bench.run(&["scan", "--fail-on", "high", &bad]).exits(1);
    bench.run(&["scan", "--fail-on", "informational", &good]).ok();
    bench.run(&["scan", &bad]).ok();
}

#[test]
fn only_runs_what_is_named() {
    let bench = Bench::new();
    let file = bench.write("a.json", records::page(&toll_fraud()));
    let run = bench.run(&["scan", "--format", "ndjson", "--only", "mass-dialing", &file]).ok();
    assert!(run.findings().iter().all(|f| f["detector"] == "mass-dialing"));
    let run = bench.run(&["scan", "--only", "mas-dialing", &file]).exits(2);
    assert!(run.stderr.contains("mass-dialing"), "{}", run.stderr);
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_scanned() {
    let bench = Bench::new();
    let records = toll_fraud();
    let good = bench.write("good.json", records::page(&records));
    let run = bench.run(&["scan", "--format", "ndjson", "missing.json", &good]).exits(2);
    assert!(run.stderr.contains("missing.json"), "{}", run.stderr);
    let mut cut = gzip(&records::ndjson(&records));
    cut.truncate(cut.len() - 100);
    let cut = bench.write("cut.ndjson.gz", cut);
    let run = bench.run(&["scan", "--format", "ndjson", &cut]).exits(2);
    assert!(run.stderr.contains("cut.ndjson.gz"), "{}", run.stderr);
    let text = bench.write("notes.txt", "Dear diary,\ntoday nobody called.\n");
    let run = bench.run(&["scan", &text]).exits(2);
    assert!(run.stderr.contains("notes.txt"), "{}", run.stderr);
}

#[test]
fn config_check_knows_the_plugins_settings() {
    let bench = Bench::new();
    for (text, part) in [
        ("plugins:\n  mass-dialng: {enabled: true}\n", "did you mean mass-dialing?"),
        ("plugins:\n  mass-dialing:\n    config: {flood_cals: 5}\n", "did you mean flood_calls?"),
        ("country: Spain\n", "write it like 'ES'"),
    ] {
        let file = bench.write("wrong.yaml", text);
        let run = bench.run(&["config", "check", "--config", &file]);
        assert_eq!(run.code, 2, "{text}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(part), "{text}: {}", run.stderr);
    }
    let file =
        bench.write("right.yaml", "country: ES\nplugins:\n  mass-dialing:\n    config: {flood_calls: 40}\n");
    bench.run(&["config", "check", "--config", &file]).ok();
}
