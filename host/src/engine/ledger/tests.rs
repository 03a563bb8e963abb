//! Budgets kept, nearly used and exceeded.

use std::time::Duration;

use super::*;

const START: Millis = 1_780_000_000_000;

fn ledger(budget: Budget) -> Ledger {
    let ledger = Ledger::default();
    let entry = Entry { budget: Some(budget), memory_limit: 64 << 20, ..Entry::default() };
    ledger.lock().entries.insert("p".to_owned(), entry);
    ledger
}

fn at(minute: i64) -> Span {
    Span { since: START + (minute - 1) * 60_000, until: START + minute * 60_000 }
}

fn findings(findings: u64) -> Step {
    Step { findings, ..Step::default() }
}

fn keys(keys: u64) -> Step {
    Step { after: StateSize { keys, bytes: 10 * keys }, ..Step::default() }
}

#[test]
fn what_would_exceed_a_budget_is_named_with_use_and_remedy() {
    let budget = Budget { state_keys: 100, state_mib: 1, findings_per_hour: 10, ..Budget::default() };
    let ledger = ledger(budget);
    ledger.committed("p", &keys(95), at(0));
    assert_eq!(ledger.judge("p", &keys(5), at(1)), None);
    let reason = ledger.judge("p", &keys(6), at(1)).unwrap();
    assert!(
        reason.contains("budget.state_keys: 101 of 100")
            && reason.contains("raise plugins.p.budget.state_keys"),
        "{reason}"
    );
    // Written over, not added; and what shrinks may stay over.
    let before = StateSize { keys: 50, bytes: 500 };
    assert_eq!(ledger.judge("p", &Step { before, ..keys(50) }, at(1)), None);
    let large = Step { after: StateSize { keys: 1, bytes: 2 << 20 }, ..Step::default() };
    let reason = ledger.judge("p", &large, at(1)).unwrap();
    assert!(reason.contains("budget.state_mib: 2.00 of 1 MiB"), "{reason}");
    ledger.committed("p", &large, at(1));
    assert_eq!(ledger.judge("p", &Step { before, ..Step::default() }, at(2)), None);
    let reason = ledger.judge("p", &findings(11), at(2)).unwrap();
    assert!(reason.contains("budget.findings_per_hour: 11 of 10"), "{reason}");
    // Somebody nobody knows has no budget.
    assert_eq!(ledger.judge("rules", &findings(1_000), at(2)), None);
}

#[test]
fn findings_are_counted_by_the_hour_of_the_log() {
    let ledger = ledger(Budget { findings_per_hour: 10, ..Budget::default() });
    for minute in [0, 30, 61, 95, 200] {
        assert_eq!(ledger.judge("p", &findings(6), at(minute)).is_some(), minute == 30, "{minute}");
        if minute != 30 {
            ledger.committed("p", &findings(6), at(minute));
        }
        if minute == 61 {
            assert_eq!(ledger.lines(at(61).until)[0].findings_hour, 6);
            ledger.lock().entries.get_mut("p").unwrap().findings = hourly::Hourly::default();
        }
    }
    // A month in one stretch.
    let month = Span { since: START, until: START + 720 * 3_600_000 };
    assert_eq!(ledger.judge("p", &findings(7_000), month), None);
    assert!(ledger.judge("p", &findings(7_300), month).is_some());
}

#[test]
fn log_lines_are_cut_at_the_budget_and_a_plugin_that_is_quiet_goes_on() {
    let ledger = ledger(Budget { log_lines_per_hour: 100, ..Budget::default() });
    let wrote = |log_lines| Usage { log_lines, ..Usage::default() };
    assert_eq!(ledger.lines_left("p"), 101);
    ledger.work("p", 1, &wrote(100), &Fate::default());
    let chatty = Step { log_lines: 1, ..Step::default() };
    assert_eq!((ledger.lines_left("p"), ledger.judge("p", &chatty, at(0))), (1, None));
    ledger.work("p", 1, &wrote(1), &Fate::default());
    assert_eq!(ledger.lines_left("p"), 0);
    let reason = ledger.judge("p", &chatty, at(0)).unwrap();
    assert!(reason.contains("101 of 100 log lines"), "{reason}");
    assert_eq!(ledger.judge("p", &Step::default(), at(0)), None);
    assert_eq!(ledger.lines_left("rules"), u64::MAX);
}

#[test]
fn there_is_one_warning_until_the_use_falls() {
    let ledger = ledger(Budget { state_keys: 100, ..Budget::default() });
    let kinds = |ledger: &Ledger| ledger.near("p", START).iter().map(|u| u.kind).collect::<Vec<_>>();
    let step = |keys: u64| {
        ledger.lock().entries.get_mut("p").unwrap().state = StateSize { keys, bytes: 0 };
        kinds(&ledger)
    };
    assert!(step(79).is_empty());
    assert_eq!(step(80), [entry::Kind::StateKeys]);
    assert!(step(95).is_empty() && step(75).is_empty() && step(85).is_empty());
    assert!(step(69).is_empty());
    assert_eq!(step(81), [entry::Kind::StateKeys]);
}

#[test]
fn the_lines_add_up() {
    let ledger = ledger(Budget { record_us: 4.0, ..Budget::default() });
    let time = Duration::from_secs(3);
    let usage = Usage { rows: 1_000_000, time, failures: 2, ..Usage::default() };
    let fate = Fate { memory: 3 << 20, largest_memory: 2 << 20, ..Fate::default() };
    ledger.work("p", 2_000_000, &usage, &fate);
    ledger.work(
        "rules",
        2_000_000,
        &Usage { time: Duration::from_secs(1), ..Usage::default() },
        &Fate::default(),
    );
    ledger.work("p", 0, &Usage::default(), &Fate { memory: 1 << 20, ..fate });
    ledger.parked("p");
    ledger.stopped("p");
    let lines = ledger.lines(START);
    let p = &lines[0];
    assert_eq!((p.rows, p.records, p.failures, p.parked, p.quarantines), (1_000_000, 2_000_000, 2, 1, 1));
    assert_eq!((p.memory_bytes, p.memory_peak_bytes), (0, 3 << 20));
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(close(p.row_us, 3.0) && close(p.record_us, 1.5) && close(p.time_share, 0.75), "{p:?}");
    // Without the quarter of a second that a start may take, and what the clock gives it for the moment this test took.
    let used = p.budget["budget.record_us"];
    assert!((0.25..=2.75 / 2.0 / 4.0).contains(&used), "{p:?}");
    assert!(lines[1].budget.is_empty());
}
