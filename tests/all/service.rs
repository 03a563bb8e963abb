//! `run` as a service: two of them, one killed, one paused, a server that dies, a stop, and what monitoring sees.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::Bench;
use crate::records::{self, toll_fraud};

/// A stuck test ends; how fast something is, is not what these tests are about, but for a take-over.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A running service and what it says.
pub struct Running {
    pub child: Child,
    said: Receiver<String>,
    log: Vec<String>,
}

impl Running {
    pub fn start(bench: &Bench, data: &str, more: &[&str]) -> Running {
        let args = [&["run", "--data-dir", data], more].concat();
        let mut command = bench.command(&args);
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Running { child, said, log: Vec::new() }
    }

    /// Waits for a line that contains `text`.
    #[track_caller]
    pub fn says(&mut self, text: &str) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            match self.said.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.log.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(_) => panic!("'{text}' was not said, but:\n{}", self.log.join("\n")),
            }
        }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn bench() -> (Bench, String) {
    let bench = Bench::new();
    std::fs::set_permissions(bench.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let data = bench.path().join("data").to_str().unwrap().to_owned();
    (bench, data)
}

/// Findings without what tells how they arrived.
fn settled(mut findings: Vec<Value>) -> Vec<Value> {
    for finding in &mut findings {
        let fields = finding.as_object_mut().unwrap();
        fields.remove("revision");
        fields.remove("raised_at");
    }
    findings.sort_by_key(|f| f["id"].as_str().unwrap().to_owned());
    findings
}

fn stored(bench: &Bench, data: &str) -> Vec<Value> {
    settled(bench.run(&["findings", "list", "--format", "ndjson", "--data-dir", data]).ok().findings())
}

#[track_caller]
fn wait_for(bench: &Bench, data: &str, wanted: &[Value]) {
    let end = Instant::now() + LIMIT;
    loop {
        let now = stored(bench, data);
        if now == wanted {
            return;
        }
        assert!(Instant::now() < end, "{} findings instead of {}", now.len(), wanted.len());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// First half, second half, and the findings of one scan of both.
fn halves(bench: &Bench) -> (String, String, Vec<Value>) {
    let records = toll_fraud();
    let whole = bench.write("all.ndjson", records::ndjson(&records));
    let (first, second) = records.split_at(records.len() / 2);
    let wanted = settled(bench.run(&["scan", "--format", "ndjson", &whole]).ok().findings());
    assert!(!wanted.is_empty());
    let first = bench.write("first.ndjson", records::ndjson(first));
    let second = bench.write("second.ndjson", records::ndjson(second));
    (first, second, wanted)
}

#[test]
fn the_second_takes_over_when_the_first_is_killed() {
    let (bench, data) = bench();
    let (first, second, wanted) = halves(&bench);
    let mut one = Running::start(&bench, &data, &[]);
    one.says("evaluates now");
    let mut two = Running::start(&bench, &data, &[]);
    two.says("standing by");
    bench.run(&["ingest", &first, "--data-dir", &data]).ok();
    one.says("records evaluated");
    // With it dies the private server that it started.
    one.signal("KILL");
    let killed = Instant::now();
    two.says("evaluates now");
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(10), "the take-over took {took:?}");
    bench.run(&["ingest", &second, "--data-dir", &data]).ok();
    wait_for(&bench, &data, &wanted);
}

#[test]
fn a_leader_that_was_paused_and_woken_does_not_write() {
    let (bench, data) = bench();
    let (first, second, wanted) = halves(&bench);
    let mut one = Running::start(&bench, &data, &[]);
    one.says("evaluates now");
    let mut two = Running::start(&bench, &data, &[]);
    two.says("standing by");
    bench.run(&["ingest", &first, "--data-dir", &data]).ok();
    one.says("records evaluated");
    one.signal("STOP");
    let paused = Instant::now();
    two.says("evaluates now");
    let took = paused.elapsed();
    assert!(took < Duration::from_secs(10), "the take-over took {took:?}");
    bench.run(&["ingest", &second, "--data-dir", &data]).ok();
    one.signal("CONT");
    wait_for(&bench, &data, &wanted);
    one.says("standing by");
    // And back, at once, when the other one ends in peace.
    two.signal("TERM");
    assert!(two.child.wait().unwrap().success());
    one.says("evaluates now");
    assert_eq!(stored(&bench, &data), wanted);
}

#[test]
fn a_server_that_dies_is_started_again_and_nothing_is_lost() {
    let (bench, data) = bench();
    let (first, second, wanted) = halves(&bench);
    let mut run = Running::start(&bench, &data, &[]);
    bench.run(&["ingest", &first, "--data-dir", &data]).ok();
    run.says("records evaluated");
    for signal in ["-9", "-INT"] {
        let pid = std::fs::read_to_string(bench.path().join("data/postgres/data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap().to_owned();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        run.says("trying again");
        run.says("is back");
    }
    bench.run(&["ingest", &second, "--data-dir", &data]).ok();
    wait_for(&bench, &data, &wanted);
    run.signal("TERM");
    let asked = Instant::now();
    assert!(run.child.wait().unwrap().success());
    assert!(asked.elapsed() < Duration::from_secs(5), "the stop took {:?}", asked.elapsed());
}

#[test]
fn monitoring_sees_what_is_done() {
    let (bench, data) = bench();
    let (first, _, _) = halves(&bench);
    let config = bench.write("ringfence.yaml", "health: {listen: \"127.0.0.1:0\"}\n");
    let mut run = Running::start(&bench, &data, &["--config", &config, "--log-format", "json"]);
    let line: Value = serde_json::from_str(&run.says("health and metrics")).unwrap();
    let address = line["address"].as_str().unwrap().to_owned();
    bench.run(&["ingest", &first, "--data-dir", &data]).ok();
    let line: Value = serde_json::from_str(&run.says("records evaluated")).unwrap();
    assert_eq!(line["level"], "INFO");
    let get = |path: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(get("/healthz").starts_with("HTTP/1.1 200"));
    assert!(get("/readyz").starts_with("HTTP/1.1 200"));
    let metrics = get("/metrics");
    for wanted in ["ringfence_", "mass-dialing", "role=\"leader\""] {
        assert!(metrics.contains(wanted), "{wanted} is not in {metrics}");
    }
    assert!(!metrics.contains("User 1") && !metrics.contains("3491"), "{metrics}");
}

#[test]
fn what_plugins_use_is_shown_after_a_run_and_while_one_goes_on() {
    let (bench, data) = bench();
    let records = toll_fraud();
    let whole = bench.write("all.ndjson", records::ndjson(&records));
    let run = |args: &[&str]| bench.run(&[args, &["--data-dir", &data]].concat());
    let nothing = run(&["plugin", "top"]).ok();
    assert!(
        nothing.stdout.is_empty() && nothing.stderr.contains("nothing is known yet"),
        "{}",
        nothing.stderr
    );
    run(&["ingest", &whole]).ok();
    run(&["run", "--until-idle"]).ok();
    let of = |id: &str| {
        let lines = run(&["plugin", "top", "--format", "ndjson"]).ok().findings();
        lines.into_iter().find(|line| line["plugin"] == id).unwrap_or_else(|| panic!("{id} is not shown"))
    };
    let line = of("international-calls");
    assert_eq!((&line["records"], &line["place"]), (&records.len().into(), &"main group".into()), "{line}");
    let shown = run(&["state", "show", "--format", "json"]).ok();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let stored = shown.as_array().unwrap().iter().find(|d| d["detector"] == "international-calls").unwrap();
    assert_eq!(line["state_keys"], stored["keys"], "{line}");
    assert!(
        line["quarantine"].is_null() && line["budget"]["budget.state_keys"].as_f64().unwrap() < 0.1,
        "{line}"
    );
    let table = run(&["plugin", "top"]).ok().stdout;
    assert!(
        table.contains("PLACE") && table.contains("mass-dialing") && table.contains("main group"),
        "{table}"
    );
}

#[test]
fn what_detectors_remember_can_be_seen_and_forgotten() {
    let (bench, data) = bench();
    let records = toll_fraud();
    let whole = bench.write("all.ndjson", records::ndjson(&records));
    let run = |args: &[&str]| bench.run(&[args, &["--data-dir", &data]].concat());
    run(&["ingest", &whole]).ok();
    run(&["run", "--until-idle"]).ok();
    let before = run(&["findings", "list", "--format", "ndjson"]).ok().findings();
    let shown = run(&["state", "show", "--format", "json"]).ok();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert!(shown.as_array().unwrap().iter().any(|d| d["detector"] == "international-calls"), "{shown}");
    let keys = run(&["state", "show", "international-calls"]).ok();
    assert!(keys.stdout.contains("u/"), "{}", keys.stdout);
    run(&["state", "reset", "--all", "--rewind"]).ok();
    assert_eq!(run(&["state", "show", "--format", "json"]).ok().stdout.trim(), "[]");
    let again = run(&["run", "--until-idle"]).ok();
    let count = format!("{} records evaluated, 0 new findings, 0 revised", records.len());
    assert!(again.stderr.contains(&count), "{}", again.stderr);
    assert_eq!(run(&["findings", "list", "--format", "ndjson"]).ok().findings(), before);
    run(&["parked", "list"]).ok();
    run(&["parked", "drop"]).exits(2);
    let listed = run(&["plugin", "list"]).ok();
    assert!(listed.stdout.contains("mass-dialing"), "{}", listed.stdout);
}
