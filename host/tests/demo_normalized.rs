//! The demo's files through the ordinary reader: nothing is set aside, and planted destinations are what they are
//! meant to be.

#![allow(clippy::unwrap_used, reason = "a test may panic; helpers are not recognised as tests")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use model::{Event, EventKind, FieldId, FieldSet, NameTable, RecordId};
use ringfence::config::Config;
use ringfence::demo::{Demo, Options, Parts, generate};
use ringfence::directory::Directory;
use ringfence::normalize::Record;
use ringfence::source::{Input, ReadOptions, Sink, SinkError, Summary, read_all};

static DEMO: LazyLock<Demo> =
    LazyLock::new(|| generate(&Options { seed: 3, users: 300, days: 21, ..Options::default() }).unwrap());

const FIELDS: [FieldId; 11] = [
    FieldId::event,
    FieldId::start_time,
    FieldId::local_offset,
    FieldId::duration,
    FieldId::direction,
    FieldId::called_number,
    FieldId::called_class,
    FieldId::called_country,
    FieldId::called_ours,
    FieldId::user,
    FieldId::forward_class,
];

/// Events by identity.
#[derive(Default)]
struct Collected(BTreeMap<RecordId, Event>);

impl Sink for Collected {
    fn event(&mut self, event: &Event, _: &Record<'_>) -> Result<(), SinkError> {
        self.0.insert(event.id, event.clone());
        Ok(())
    }
}

struct Read {
    events: BTreeMap<RecordId, Event>,
    summary: Summary,
    names: Arc<NameTable>,
}

impl Read {
    fn name(&self, event: &Event, field: FieldId) -> String {
        self.names.resolve(event.name(field)).map_or(String::new(), |n| n.to_string())
    }
}

fn read(folder: &Path, files: &[&str]) -> Read {
    let config = Config::load(&folder.join("ringfence.yaml")).unwrap();
    let directory = Arc::new(Directory::from_config(&config));
    let names = Arc::new(NameTable::default());
    let inputs: Vec<Input> = files.iter().map(|f| Input::File(folder.join(f))).collect();
    let mut wanted = FieldSet::NONE;
    FIELDS.into_iter().for_each(|f| wanted.insert(f));
    let options = ReadOptions { wanted, strict: true, progress: None };
    let mut sinks = [Collected::default()];
    let summary = read_all(&inputs, &options, &names, &directory, &mut sinks).unwrap();
    let [collected] = sinks;
    Read { events: collected.0, summary, names }
}

#[test]
fn nothing_is_set_aside_and_every_form_gives_the_same_events() {
    let folder = tempfile::tempdir().unwrap();
    DEMO.write(folder.path(), Parts { feed: true, ..Parts::default() }).unwrap();
    let mut pages: Vec<String> = std::fs::read_dir(folder.path().join("pages"))
        .unwrap()
        .map(|e| format!("pages/{}", e.unwrap().file_name().to_string_lossy()))
        .collect();
    pages.sort();
    pages.push("events.ndjson".to_owned());
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let forms = [
        read(folder.path(), &["feed.ndjson"]),
        read(folder.path(), &pages),
        read(folder.path(), &["records.csv", "events.ndjson"]),
    ];
    for form in &forms {
        assert_eq!(form.summary.rejected, 0, "{:?}", form.summary.samples.first());
        assert!(form.summary.unknown_keys.is_empty(), "{:?}", form.summary.unknown_keys);
        assert_eq!(form.events.len(), DEMO.records() + DEMO.events());
        for (id, event) in &form.events {
            let other = &forms[0].events[id];
            for field in FIELDS {
                let named = matches!(field.field().ty, model::FieldType::Name | model::FieldType::Enum);
                if named {
                    assert_eq!(form.name(event, field), forms[0].name(other, field), "{field:?}");
                } else {
                    assert_eq!(event.slot(field), other.slot(field), "{field:?}");
                }
            }
        }
    }
    destinations_are_as_planted(&forms[0]);
    local_times_are_right(&forms[0]);
}

fn destinations_are_as_planted(read: &Read) {
    for label in DEMO.labels.attacks.iter().chain(&DEMO.labels.lookalikes) {
        let expected: &[&str] = match label.kind.as_str() {
            "toll-fraud-burst" | "through-dialling" | "wangiri" | "caribbean-callback" => &["international"],
            "account-takeover" | "forwarding-fraud" | "slow-drip" => {
                &["international", "premium", "satellite"]
            }
            "premium-abuse" => &["premium"],
            "autodialer" | "campaign-day" => &["national", "mobile", "invalid"],
            "own-mobile-forwarding" | "locked-out" | "appointment-reminders" => &["national", "mobile"],
            "trade-fair" | "conference-series" | "new-supplier" | "family-abroad" | "foreign-caller" => {
                &["international"]
            }
            _ => continue,
        };
        for id in &label.records {
            let event = &read.events[&RecordId::from_text(id).0];
            match event.kind {
                EventKind::ForwardingChange if event.has(FieldId::forward_class) => {
                    let class = read.name(event, FieldId::forward_class);
                    assert!(expected.contains(&class.as_str()), "{}: forwarded to {class}", label.id);
                }
                EventKind::Call if read.name(event, FieldId::direction) == "ORIGINATING" => {
                    let class = read.name(event, FieldId::called_class);
                    assert!(expected.contains(&class.as_str()), "{}: called {class}", label.id);
                    assert!(!event.bool(FieldId::called_ours));
                }
                _ => {}
            }
        }
    }
}

fn local_times_are_right(read: &Read) {
    // 21 days from 2 March hold New York's change on the 8th and none of Madrid's.
    let mut offsets: Vec<i64> = read.events.values().map(|e| e.int(FieldId::local_offset)).collect();
    offsets.sort_unstable();
    offsets.dedup();
    assert_eq!(offsets, [-360, -300, -240, 60]);
}
