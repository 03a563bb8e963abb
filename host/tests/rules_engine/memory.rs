//! Without a database.

use std::sync::Arc;

use model::{Event, FieldSet, Finding, NameTable};
use ringfence::config::Config;
use ringfence::directory::Directory;
use ringfence::engine::book::Book;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::scan::scan;
use ringfence::engine::spool::Chunk;
use ringfence::engine::{Engine, Options};
use ringfence::normalize::Record;
use ringfence::plugin::Services;
use ringfence::source::{Input, ReadOptions, Sink, SinkError, read_all};
use rules::{Kept, RuleSet};

use super::{report, rule, set};

fn services() -> (Services, Arc<MemoryState>) {
    let state = Arc::new(MemoryState::default());
    let names = Arc::new(NameTable::default());
    (Services { names, directory: Arc::default(), state: state.clone() }, state)
}

fn options(workers: usize) -> Options {
    Options { workers, lateness: 24 * 3_600_000, generation: 1 }
}

fn scanned(csv: &str, set: &Arc<RuleSet>, workers: usize) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.csv");
    std::fs::write(&file, csv).unwrap();
    let (services, state) = services();
    let (inputs, config) = ([Input::File(file)], Config::default());
    let done =
        scan(&inputs, true, &[], Some(set), &config, &services, state, &options(workers), folder.path())
            .unwrap();
    assert!(done.failures.is_empty() && done.late == 0, "{done:?}");
    done.findings
}

#[derive(Default)]
struct Collected(Vec<Event>);

impl Sink for Collected {
    fn event(&mut self, event: &Event, _: &Record<'_>) -> Result<(), SinkError> {
        self.0.push(event.clone());
        Ok(())
    }
}

fn events(csv: &str, names: &Arc<NameTable>) -> Vec<Event> {
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(file.path(), csv).unwrap();
    let options = ReadOptions { wanted: FieldSet::ALL, strict: true, progress: None };
    let mut sinks = [Collected::default()];
    let directory = Arc::new(Directory::default());
    read_all(&[Input::File(file.path().to_owned())], &options, names, &directory, &mut sinks).unwrap();
    let [Collected(events)] = sinks;
    events
}

#[test]
fn which_handles_names_have_shows_nowhere() {
    let set = set(&[
        rule("by_user", "direction: ORIGINATING", "ringfence: {window: 5m}\nfields: [user_name, location]"),
        rule("by_location", "direction: ORIGINATING", "ringfence: {subject: location}"),
        "title: counted\nname: counted\ncorrelation: {type: value_count, rules: [by_user], group-by: [location, user], timespan: 1h, \
         generate: true, condition: {field: called_number, gte: 1}}\nlevel: low\n"
            .to_owned(),
    ]
    .join("---\n"));
    let calls: Vec<(u32, Option<u32>)> = (0..60).map(|n| (n, Some(n))).collect();
    let forwards = scanned(&report(calls.iter().copied()), &set, 1);
    let backwards = scanned(&report(calls.iter().rev().copied()), &set, 3);
    assert_eq!(forwards.len(), 9, "{:#?}", forwards.iter().map(|f| &f.title).collect::<Vec<_>>());
    assert_eq!(forwards, backwards);
}

#[test]
fn absent_and_nought_are_two_things() {
    let set = set(&[rule("nought", "duration: 0", ""), rule("absent", "duration: null", "")].join("---\n"));
    let mut found: Vec<(String, u64)> =
        scanned(&report([(1, Some(0)), (4, None), (7, None), (2, Some(9))]), &set, 1)
            .iter()
            .map(|f| (f.kind.clone(), f.evidence.len() as u64))
            .collect();
    found.sort();
    assert_eq!(found, [("absent".to_owned(), 2), ("nought".to_owned(), 1)]);
}

#[test]
fn a_swap_keeps_windows_of_what_means_the_same_and_asks_for_new_fields() {
    let unchanged = rule("unchanged", "direction: ORIGINATING", "ringfence: {subject: organisation}");
    let changing = |seconds: u32| {
        rule(
            "changing",
            &format!("direction: ORIGINATING, duration|gte: {seconds}"),
            "ringfence: {subject: organisation}",
        )
    };
    let before = set(&[unchanged.clone(), changing(0), rule("gone", "answered: true", "")].join("---\n"));
    let new = rule("new", "client_version: null", "ringfence: {subject: organisation}");
    let after = set(&[unchanged, changing(1), new].join("---\n"));
    for workers in [1, 3] {
        let (services, state) = services();
        let events = events(&report((0..10).map(|n| (n, Some(n + 1)))), &services.names);
        let mut engine =
            Engine::start(&[], Some(&before), &Config::default(), &services, &options(workers)).unwrap();
        let mut book = Book::default();
        let mut feed = |engine: &mut Engine, events: &[Event]| {
            let mut chunk = Chunk::default();
            events.iter().for_each(|event| chunk.push_event(engine.layout(), event));
            engine.push(chunk).unwrap();
            let done = engine.checkpoint().unwrap();
            done.state.iter().for_each(|(id, change)| state.apply(id, change));
            book.take(done.outputs);
        };
        feed(&mut engine, &events[..4]);
        let swapped = engine.swap_rules(&after, 2).unwrap();
        assert!(swapped.is_layout_new, "client_version is asked for now");
        let mut swaps = swapped.swaps;
        swaps.sort();
        let wanted = [
            ("changing", Kept::Reset),
            ("gone", Kept::Removed),
            ("new", Kept::New),
            ("unchanged", Kept::Kept),
        ];
        assert_eq!(swaps, wanted.map(|(name, kept)| (name.to_owned(), kept)));
        feed(&mut engine, &events[4..]);
        engine.stop();
        let mut found: Vec<(String, usize, u64)> = book
            .into_findings()
            .iter()
            .map(|f| (f.kind.clone(), f.evidence.len(), f.provenance.generation))
            .collect();
        found.sort();
        // The reset rule's old finding stands, and begins a second one: another first record.
        let wanted = [("changing", 4, 1), ("changing", 6, 2), ("new", 6, 2), ("unchanged", 10, 2)];
        assert_eq!(found, wanted.map(|(name, records, generation)| (name.to_owned(), records, generation)));
    }
}
