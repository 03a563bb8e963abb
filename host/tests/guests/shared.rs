//! Rows with a second subject, rows for every instance, settings that differ for some, records that are left out: from a
//! file to findings, over any number of workers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use model::finding::attribute::Value;
use model::{Event, FieldId, Finding, Name, NameTable, Number, RecordId, SubjectKind};
use ringfence::config::{Config, PluginConfig};
use ringfence::directory::Directory;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::scan::scan;
use ringfence::engine::spool::Chunk;
use ringfence::engine::{Checkpoint, Engine, Options};
use ringfence::plugin::{Output, Services, load_all};
use ringfence::source::Input;

use super::setup::{RUNTIME, load};

const HOUR: i64 = 3_600_000;
/// Of the first call.
const START: i64 = 1_780_000_000_000;
const LATENESS: i64 = 24 * HOUR;

fn options(workers: usize) -> Options {
    Options { workers, lateness: LATENESS, generation: 1 }
}

fn services(config: &Config, state: &Arc<MemoryState>) -> Services {
    let directory = Arc::new(Directory::from_config(config));
    Services { names: Arc::new(NameTable::default()), directory, state: state.clone() }
}

fn config(folder: &Path, text: &str) -> Config {
    let file = folder.join("ringfence.yaml");
    std::fs::write(&file, text).unwrap();
    Config::load(&file).unwrap()
}

/// The same with leave for the guests.
fn allowed(mut config: Config) -> Config {
    for (id, leave) in super::setup::granting(&["shared", "good"]).plugins {
        config.plugins.entry(id).or_default().grant = leave.grant;
    }
    config
}

const RULES: &str = r#"
country: ES
groups:
  agents: {departments: [d-1]}
plugins:
  shared:
    config: {limit: 12}
    overrides:
      - {name: agents of the centre, match: {locations: [Centre], groups: [agents]}, config: {limit: 60}}
      - {name: centre, match: {locations: [Centre]}, config: {limit: 30}}
    exceptions:
      - {name: bridge, reason: weekly call, match: {numbers: ["+34911*"]}}
      - {name: fax, reason: a machine, until: 2026-05-28, match: {users: [Fax]}}
"#;

/// Forty calls: of users and to numbers that any worker may have, from two locations and two departments.
fn calls() -> String {
    let mut csv =
        "Report ID,Report time,Start time,Duration,Direction,Call type,User,User UUID,Called number,Location,Department ID\n"
            .to_owned();
    for n in 0..40u32 {
        let time = model::finding::format_time(START + i64::from(n) * 60_000);
        let location = if n % 2 == 0 { "Centre" } else { "Office" };
        let called = match n % 4 {
            3 => format!("+3491122233{:02}", n),
            _ => format!("+3480312345{:02}", n % 8),
        };
        let user = if n % 10 == 9 { "Fax".to_owned() } else { format!("User {}", n % 5) };
        writeln!(
            csv,
            "{n:08x}-f1f6-4326-86f9-565d2e11553d,{time},{time},30,ORIGINATING,SIP_PREMIUM,{user},{0:08x}-0000-4000-8000-000000000001,{called},{location},d-{1}",
            n % 5,
            n % 3,
        )
        .unwrap();
    }
    csv
}

fn scanned(workers: usize) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.csv");
    std::fs::write(&file, calls()).unwrap();
    let config = config(folder.path(), RULES);
    let state = Arc::new(MemoryState::default());
    let services = services(&config, &state);
    let plugins = [load("shared").unwrap()];
    let inputs = [Input::File(file)];
    let done =
        scan(&inputs, true, &plugins, None, &config, &services, state, &options(workers), folder.path())
            .unwrap();
    assert!(done.parked.is_empty() && done.late == 0, "{done:?}");
    done.findings
}

/// Number of the call that a finding is about.
fn number(finding: &Finding) -> u32 {
    (finding.evidence[0].0 >> 96) as u32
}

#[test]
fn settings_differ_by_location_and_exceptions_leave_records_out() {
    let findings = scanned(1);
    let of = |kind| -> BTreeMap<u32, i64> {
        let ours = findings.iter().filter(|f| f.subject.kind == kind);
        ours.map(|f| match f.attributes["limit"] {
            Value::Int(limit) => (number(f), limit),
            _ => panic!("{f:?}"),
        })
        .collect()
    };
    let by_user = of(SubjectKind::User);
    let expected = (0..40u32).filter(|n| n % 4 != 3 && n % 10 != 9).map(|n| {
        let limit = match (n % 2, n % 3) {
            (0, 1) => 60,
            (0, _) => 30,
            _ => 12,
        };
        (n, limit)
    });
    assert_eq!(by_user, expected.collect());
    assert_eq!(of(SubjectKind::Number), by_user, "the second subject's rows have their owner's settings");
}

#[test]
fn workers_do_not_show() {
    let calm = |findings: Vec<Finding>| -> Vec<String> {
        findings
            .iter()
            .map(|f| serde_json::to_string(&Finding { revision: 0, ..f.clone() }).unwrap())
            .collect()
    };
    let one = calm(scanned(1));
    assert!(one.len() > 40);
    for workers in 2..5 {
        assert_eq!(calm(scanned(workers)), one, "{workers} workers");
    }
}

/// A premium call each hour.
fn hourly(names: &NameTable, hours: std::ops::Range<i64>) -> impl Iterator<Item = Event> {
    hours.map(|hour| {
        let mut event = Event::default();
        event.id = RecordId(1 + hour as u128);
        event.set_millis(FieldId::start_time, START + hour * HOUR);
        event.set_millis(FieldId::report_time, START + hour * HOUR);
        event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
        event.set_enum(FieldId::called_class, Name::known("premium"));
        event.set_phone(FieldId::called_number, Number::from_e164(34_803_123_450 + hour as u64 % 7).unwrap());
        event.set_name(FieldId::user, names.intern(&format!("user {}", hour % 5)).unwrap());
        event
    })
}

fn pushed(engine: &mut Engine, names: &NameTable, hours: std::ops::Range<i64>) -> Checkpoint {
    let mut chunk = Chunk::default();
    hourly(names, hours).for_each(|event| chunk.push_event(engine.layout(), &event));
    engine.push(chunk).unwrap();
    engine.checkpoint().unwrap()
}

/// What every worker's instance said about the organisation at a checkpoint.
fn settled(checkpoint: &Checkpoint) -> Vec<[i64; 3]> {
    let findings = checkpoint.outputs.iter().filter_map(|output| match output {
        Output::Raise(f) if f.subject.kind == SubjectKind::Organisation => Some(f),
        _ => None,
    });
    findings
        .map(|f| {
            ["horizon", "learned", "largest"].map(|key| match f.attributes[key] {
                Value::Int(value) => value,
                _ => panic!("{f:?}"),
            })
        })
        .collect()
}

#[test]
fn every_instance_learns_from_short_batches_settles_at_a_checkpoint_and_is_stored_once() {
    for workers in [1, 3] {
        let state = Arc::new(MemoryState::default());
        let services = services(&Config::default(), &state);
        let plugins = [load("shared").unwrap()];
        let start =
            || Engine::start(&plugins, None, &Config::default(), &services, &options(workers)).unwrap();
        let mut engine = start();
        let first = pushed(&mut engine, &services.names, 0..100);
        // The watermark before the last call is what sixteen before it had reached; it comes twelve hours further in a batch
        // of thirteen calls. Before the seventeenth there is none.
        let horizon = START + 83 * HOUR - LATENESS;
        assert_eq!(settled(&first), vec![[horizon, 100, 16]; workers]);
        let keys: Vec<&str> = first.state.iter().map(|(_, change)| change.key.as_str()).collect();
        assert_eq!(keys, ["habits/learned"]);
        first.state.iter().for_each(|(detector, change)| state.apply(detector, change));

        // Another engine goes on from what was stored.
        let watermark = engine.watermark().clone();
        engine.stop();
        let mut engine = start();
        engine.set_watermark(watermark);
        let second = pushed(&mut engine, &services.names, 100..130);
        let horizon = START + (129 - 16) * HOUR - LATENESS;
        assert_eq!(settled(&second), vec![[horizon, 130, 13]; workers]);
        // Nothing new: nothing to say but the same.
        assert_eq!(settled(&engine.checkpoint().unwrap()), vec![[horizon, 130, 13]; workers]);
        engine.stop();
    }
}

#[test]
fn overrides_are_checked_when_plugins_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    for guest in ["shared", "good"] {
        std::fs::write(folder.path().join(format!("{guest}.wasm")), super::build::component(guest)).unwrap();
    }
    let refused = |text: &str| {
        let home = tempfile::tempdir().unwrap();
        let (plugins, errors) =
            load_all(&RUNTIME, &[], Some(folder.path()), &allowed(config(home.path(), text)));
        assert_eq!(plugins.len(), 2 - errors.len(), "{errors:?}");
        errors.iter().map(ToString::to_string).collect::<Vec<String>>().join("\n")
    };
    let with = |id: &str, settings: &str| {
        let rule = format!("{{name: some, match: {{users: [u]}}, config: {settings}}}");
        refused(&format!("plugins: {{{id}: {{overrides: [{rule}]}}}}"))
    };
    assert_eq!(with("shared", "{limit: 20}"), "");
    let message = with("shared", "{limits: 20}");
    assert!(
        message.contains("overrides 'some': config.limits") && message.contains("did you mean limit"),
        "{message}"
    );
    let message = with("shared", "{limit: many}");
    assert!(
        message.contains("overrides 'some': config.limit is") && message.contains("whole number"),
        "{message}"
    );
    let message = with("good", "{greeting: ola}");
    assert!(
        message.contains("plugin good 1.2.3") && message.contains("lacks the column \"$row\""),
        "{message}"
    );
    let defaults = PluginConfig::default();
    assert!(load("good").unwrap().variants(&defaults).unwrap().is_empty());
}
