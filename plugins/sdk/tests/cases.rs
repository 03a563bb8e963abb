//! The detector of `plugins/tests/cases.toml` with this SDK. What it finds is checked in (`cases.jsonl`), and the packages in
//! Python and JavaScript must find the same. `UPDATE_CASES=1` writes the file anew.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test may panic, and says by its name what it is about"
)]

use ringfence_sdk::calendar::day_of;
use ringfence_sdk::harness::{Harness, Random, Record};
use ringfence_sdk::{
    About, Case, Detector, Episode, Episodes, HOUR, MINUTE, Millis, Name, Now, Number, Report, Row, SECOND,
    Severity, Subject, Value, plural,
};
use serde::{Deserialize, Serialize};

const MANIFEST: &str = include_str!("../../tests/cases.toml");
const CHECKED_IN: &str = "../tests/cases.jsonl";
const BEGIN: Millis = 1_772_000_000_000;
const COUNTRIES: [&str; 4] = ["ES", "FR", "LV", "CU"];
const DAYS: u64 = 2;
const SEEDS: [u64; 3] = [1, 2, 3];

#[derive(Debug, Deserialize)]
struct Config {
    short_seconds: u32,
}

#[derive(Debug)]
struct Cases(Config);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Call {
    country: Name,
    number: Number,
    duration: u32,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    countries: Vec<Name>,
    calls: u32,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Facts {
    longest: u32,
    ended: bool,
}

impl Cases {
    fn is_short(&self, call: &Call) -> bool {
        call.duration < self.0.short_seconds
    }
}

impl Detector for Cases {
    type Config = Config;
    type Event = Call;
    type State = State;
    type Facts = Facts;
    type Habits = ();

    fn new(config: Config) -> Result<Self, String> {
        Ok(Cases(config))
    }

    fn look_back(&self) -> Millis {
        HOUR
    }

    fn looks_back_at(&self, event: &Call) -> bool {
        self.is_short(event)
    }

    fn select(&self, row: &Row<'_>) -> Option<(Subject, Call)> {
        let call =
            Call { country: row.called_country(), number: row.called_number(), duration: row.duration() };
        row.answered().then(|| (Subject::User(row.user()), call))
    }

    fn step(&self, state: &mut State, now: &Now<'_, Call>, episodes: &mut Episodes<Facts>) {
        let call = now.event;
        state.calls += 1;
        let new = Case::new("new-country", 2 * HOUR).about(About::Name(call.country));
        if !state.countries.contains(&call.country) {
            state.countries.push(call.country);
            state.countries.sort_unstable();
            let (episode, _) = episodes.extend(new, now.alone());
            episode.rise(if state.calls < 20 { Severity::Low } else { Severity::Medium });
        } else if let Some(known) = episodes.open(new, now.start) {
            known.facts.longest = known.facts.longest.max(call.duration);
        }
        let recent = now.within(HOUR);
        let flood = Case::new("short-calls", 30 * MINUTE);
        if self.is_short(&call) && recent.iter().filter(|e| self.is_short(&e.event)).count() >= 3 {
            let (episode, added) = episodes.extend_where(flood, recent, |e| self.is_short(&e.event));
            for e in added.iter().filter(|e| self.is_short(&e.event)) {
                episode.facts.longest = episode.facts.longest.max(e.event.duration);
            }
            episode.rise(if episode.records() >= 6 { Severity::High } else { Severity::Medium });
        }
        if call.duration > 500
            && let Some(open) = episodes.open(flood, now.start)
        {
            open.facts.ended = true;
            open.close_by(now.start);
        }
        episodes.extend(Case::new("day", 6 * HOUR).about(About::Day(day_of(now.start))), now.alone());
        if call.number.0.is_multiple_of(31) {
            episodes.extend(Case::new("chosen", HOUR).about(About::Number(call.number)), now.alone());
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        let calls = plural(episode.records() as u32, "call");
        let mut report = Report::new(format!("{calls} of kind {}", episode.kind()))
            .because(format!("{} s the longest", episode.facts.longest))
            .because_some(episode.facts.ended.then(|| "ended by a long call".to_owned()));
        report = match episode.about() {
            About::Name(country) => report.figure("country", country).score(0.25),
            About::Number(number) => report.figure("number", number).because(number.to_string()),
            About::Nothing | About::Day(_) => report,
        };
        let hours = episode.span() as f64 / HOUR as f64;
        report.figure("ended", episode.facts.ended).figure("hours", hours)
    }
}

/// Records of a few busy days of three people.
fn records(seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut record = |id: u64| {
        let start = BEGIN + (random.below(DAYS * 24 * 60) / 3) as i64 * 3 * MINUTE;
        let user = format!("user {}", random.below(3));
        let country = COUNTRIES[random.below(4) as usize];
        let number = format!("+3491100{:04}", random.below(40));
        let seconds = if random.below(4) > 0 { random.below(120) } else { random.below(900) };
        Record::at_millis(id, start + random.below(60) as i64 * SECOND)
            .set("user", user)
            .set("called_country", country)
            .set("called_number", number)
            .talked(seconds as i64)
    };
    (0..150).map(&mut record).collect()
}

fn figure((name, value): &(String, Value)) -> serde_json::Value {
    match value {
        Value::Bool(v) => serde_json::json!([name, "boolean", v]),
        Value::Int(v) => serde_json::json!([name, "integer", v]),
        Value::Real(v) => serde_json::json!([name, "real", v]),
        Value::Name(v) => serde_json::json!([name, "name", v.0.to_string()]),
        Value::Number(v) => serde_json::json!([name, "number", v.0.to_string()]),
        other => serde_json::json!([name, "other", format!("{other:?}")]),
    }
}

/// One line of the file: what is found among the records of that seed.
fn line(seed: u64) -> String {
    let found = Harness::new(MANIFEST).check_order::<Cases>(&records(seed), seed);
    let findings: Vec<serde_json::Value> = found
        .iter()
        .map(|((subject, key), f)| {
            let evidence: Vec<String> =
                f.evidence.iter().map(|id| format!("{:016x}{:016x}", id.hi, id.lo)).collect();
            let attributes: Vec<serde_json::Value> = f.attributes.iter().map(figure).collect();
            serde_json::json!({
                "subject": subject, "key": key, "kind": f.kind, "severity": format!("{:?}", f.severity).to_lowercase(),
                "score": f.score, "title": f.title, "explanation": f.explanation, "first_event": f.first_event,
                "last_event": f.last_event, "raised_at": f.raised_at, "evidence": evidence, "attributes": attributes,
            })
        })
        .collect();
    serde_json::json!({ "seed": seed, "findings": findings }).to_string()
}

#[test]
fn findings_are_those_that_other_languages_are_held_to() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(CHECKED_IN);
    let found: String = SEEDS.map(|seed| line(seed) + "\n").concat();
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(checked_in == found, "plugins/tests/cases.jsonl is stale: run the test with UPDATE_CASES=1");
}
