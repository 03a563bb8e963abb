//! Rules as text, records, findings.

use std::collections::BTreeMap;

use model::{Event, EventKind, FieldId, Millis, NameTable, Number, RecordId, Severity};
use proptest::prelude::*;

use super::*;
use crate::set::{File, LoadOptions, load};

fn world() -> World {
    World { names: Arc::new(NameTable::default()), places: Arc::new(()) }
}

fn set(texts: &[&str]) -> Arc<RuleSet> {
    let files: Vec<File> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| File { name: format!("{at}.yml"), text: text.as_bytes().into() })
        .collect();
    let loaded = load(&files, &[], &LoadOptions::default());
    let errors: Vec<_> = loaded.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    loaded.set
}

const MINUTE: Millis = 60_000;
const START: Millis = 1_772_442_000_000;

fn call(world: &World, id: u128, user: &str, minute: i64, country: &str, seconds: u32) -> Event {
    let mut event = Event::default();
    event.kind = EventKind::Call;
    event.id = RecordId(id);
    let start = START + minute * MINUTE;
    event.set_millis(FieldId::start_time, start);
    event.set_millis(FieldId::report_time, start + i64::from(seconds) * 1_000);
    event.set_u32(FieldId::duration, seconds);
    event.set_name(FieldId::user, world.names.intern(user).unwrap());
    event.set_name(FieldId::called_country, world.names.intern(country).unwrap());
    event.set_phone(FieldId::called_number, Number::from_e164(5_355_512_300 + id as u64 % 7).unwrap());
    event
}

const CUBA: &str = "
title: Calls to Cuba
name: cuba
logsource: {product: webex, service: calling, category: call}
detection:
    selection:
        called_country: CU
    condition: selection
level: high
";

const MANY: &str = "
title: Many calls to Cuba
name: many
correlation:
    type: event_count
    rules: [cuba]
    group-by: [user]
    timespan: 10m
    condition: {gte: 3}
    generate: true
level: critical
";

const CHAIN: &str = "
title: Many calls of one user, then another wave
name: chain
correlation:
    type: temporal_ordered
    rules: [many, long]
    group-by: [user]
    timespan: 1h
    generate: true
---
title: A long call
name: long
logsource: {product: webex, service: calling, category: call}
detection:
    selection:
        duration|gte: 600
    condition: selection
";

/// Stored state and findings that stand, as a host keeps them.
#[derive(Default)]
struct Kept {
    state: BTreeMap<String, Vec<u8>>,
    findings: BTreeMap<String, Finding>,
}

impl Kept {
    fn settle(&self, evaluator: &mut Evaluator) {
        let values = evaluator.keys_wanted().iter().map(|key| self.state.get(key).cloned()).collect();
        evaluator.settle(values).unwrap();
    }

    fn checkpoint(&mut self, evaluator: &mut Evaluator) -> Step {
        self.settle(evaluator);
        let step = evaluator.checkpoint();
        for (key, value) in &step.state {
            match value {
                Some(value) => self.state.insert(key.clone(), value.clone()),
                None => self.state.remove(key),
            };
        }
        for output in &step.outputs {
            match output {
                Output::Raise(raised) => {
                    self.findings.insert(raised.finding.id.clone(), raised.finding.clone())
                }
                Output::Withdraw { id } => self.findings.remove(id),
            };
        }
        step
    }

    fn said(&self) -> Vec<String> {
        let mut said: Vec<String> = self
            .findings
            .values()
            .map(|f| format!("{} {} {} {:?}", f.detector, f.subject.id, f.severity, f.attributes["records"]))
            .collect();
        said.sort();
        said
    }
}

fn run(set: &Arc<RuleSet>, world: &World, events: &[Event]) -> Kept {
    let mut kept = Kept::default();
    let mut evaluator = Evaluator::new(set.clone(), world.clone(), Share::ALL);
    events.iter().for_each(|event| evaluator.take(event, START));
    kept.checkpoint(&mut evaluator);
    kept
}

#[test]
fn a_rule_makes_one_finding_an_episode_and_a_correlation_counts() {
    let (world, set) = (world(), set(&[CUBA, MANY]));
    let events: Vec<Event> = (0..4).map(|n| call(&world, n, "u1", n as i64, "CU", 30)).collect();
    let mut all = events.clone();
    all.push(call(&world, 10, "u2", 1, "CU", 30));
    all.push(call(&world, 11, "u2", 2, "ES", 30));
    let kept = run(&set, &world, &all);
    assert_eq!(
        kept.said(),
        ["rule:cuba u1 high Int(4)", "rule:cuba u2 high Int(1)", "rule:many u1 critical Int(4)"]
    );
    let many = kept.findings.values().find(|f| f.detector == "rule:many").unwrap();
    assert_eq!((many.first_event, many.last_event), (START, START + 3 * MINUTE));
    assert_eq!(many.evidence, events.iter().map(|e| e.id).collect::<Vec<_>>());
    assert!(many.provenance.digest.starts_with("sha256:"));
    assert_eq!(many.attributes["called_country"], model::finding::attribute::Value::Text("CU".to_owned()));
}

#[test]
fn windows_go_on_over_a_swap_of_other_rules_and_begin_anew_for_a_changed_one() {
    let world = world();
    let (one, two) =
        (set(&[CUBA, MANY]), set(&[CUBA, &MANY.replace("title: Many", "title: Very many"), CHAIN]));
    let changed = set(&[CUBA, &MANY.replace("gte: 3", "gte: 2")]);
    for (next, finds) in [(&two, true), (&changed, false)] {
        let mut kept = Kept::default();
        let mut evaluator = Evaluator::new(one.clone(), world.clone(), Share::ALL);
        (0..2).for_each(|n| evaluator.take(&call(&world, n, "u1", n as i64, "CU", 30), START));
        kept.checkpoint(&mut evaluator);
        let changes = evaluator.swap(next.clone());
        let many = changes.iter().find(|(name, _)| name == "many").unwrap().1;
        assert_eq!(many, if finds { super::Kept::Kept } else { super::Kept::Reset });
        evaluator.take(&call(&world, 5, "u1", 5, "CU", 30), START);
        kept.checkpoint(&mut evaluator);
        assert_eq!(kept.findings.values().any(|f| f.detector == "rule:many"), finds, "{changes:?}");
    }
}

#[test]
fn a_script_that_fails_is_reported_against_its_rule_and_the_others_go_on() {
    let world = world();
    let failing = CUBA.replace("name: cuba", "name: failing")
        + "ringfence:\n  when: 'let n = 0; loop { n += 1; } n > 0'\n";
    let set = set(&[CUBA, &failing]);
    let mut kept = Kept::default();
    let mut evaluator = Evaluator::new(set, world.clone(), Share::ALL);
    evaluator.take(&call(&world, 1, "u1", 1, "CU", 30), START);
    let step = kept.checkpoint(&mut evaluator);
    assert_eq!(kept.said(), ["rule:cuba u1 high Int(1)"]);
    assert_eq!(step.failures.len(), 1, "{:?}", step.failures);
    assert_eq!((step.failures[0].rule.as_str(), step.failures[0].record), ("failing", RecordId(1)));
}

#[test]
fn severity_can_follow_the_episode() {
    let world = world();
    let set =
        set(&[&(CUBA.to_owned()
            + "ringfence:\n  severity: 'if count >= 3 { \"critical\" } else { \"low\" }'\n")]);
    for (count, severity) in [(2, Severity::Low), (3, Severity::Critical)] {
        let events: Vec<Event> = (0..count).map(|n| call(&world, n, "u1", n as i64, "CU", 30)).collect();
        let kept = run(&set, &world, &events);
        assert_eq!(kept.findings.values().next().unwrap().severity, severity);
    }
}

#[test]
fn stored_state_that_is_not_ours_is_an_error_and_not_an_empty_window() {
    let (world, set) = (world(), set(&[CUBA]));
    let mut evaluator = Evaluator::new(set, world.clone(), Share::ALL);
    evaluator.take(&call(&world, 1, "u1", 1, "CU", 30), START);
    let error = evaluator.settle(vec![Some(vec![0xff; 9])]).unwrap_err();
    assert!(error.to_string().contains("state reset"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Any order, any number of workers, any cuts with restarts: the same findings stand.
    #[test]
    fn order_workers_and_cuts_do_not_show(
        calls in proptest::collection::vec((0i64..90, 0usize..3, any::<bool>(), 1u32..1_200), 1..40),
        order in proptest::collection::vec(any::<u32>(), 40),
        workers in 1usize..4,
        cuts in proptest::collection::vec(1usize..40, 0..4),
    ) {
        let (world, set) = (world(), set(&[CUBA, MANY, CHAIN]));
        let events: Vec<Event> = calls.iter().enumerate().map(|(n, (minute, user, cuba, seconds))| {
            call(&world, n as u128, ["u1", "u2", "u3"][*user], *minute, if *cuba { "CU" } else { "ES" }, *seconds)
        }).collect();
        let wanted = run(&set, &world, &events);
        let mut shuffled: Vec<(u32, &Event)> = order.iter().copied().zip(&events).collect();
        shuffled.sort_by_key(|(key, event)| (*key, event.id));
        let mut kept = Kept::default();
        let start = |worker| Evaluator::new(set.clone(), world.clone(), Share { worker, workers });
        let mut evaluators: Vec<Evaluator> = (0..workers).map(start).collect();
        for (at, (_, event)) in shuffled.iter().enumerate() {
            for evaluator in &mut evaluators {
                evaluator.take(*event, START);
                if at % 5 == 0 {
                    // Delivered again.
                    evaluator.take(*event, START);
                    kept.settle(evaluator);
                }
            }
            if cuts.contains(&at) {
                evaluators.iter_mut().for_each(|e| { kept.checkpoint(e); });
                evaluators = (0..workers).map(start).collect();
            }
        }
        evaluators.iter_mut().for_each(|e| { kept.checkpoint(e); });
        prop_assert_eq!(&kept.findings, &wanted.findings);
    }
}
