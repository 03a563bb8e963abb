//! Baselines, case by case.

use super::*;
use crate::Span;
use crate::sigma::Baseline;

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

fn new_value() -> Spec {
    let fields = vec![("called_country".to_string(), Span::default())];
    let mut spec = spec(Node::Leaf(0), DAY);
    spec.baseline = Some((Baseline::NewValue { fields, days: 60, after_days: 7 }, vec![0]));
    spec
}

/// Gives entries one by one, and says how many count, by episode.
fn counts(spec: &Spec, entries: &[Entry]) -> Vec<u64> {
    let mut cell = Cell::default();
    for entry in entries {
        assert_eq!(cell.insert(spec, entry.clone()), Inserted::Taken);
    }
    cell.evaluate(spec, Millis::MIN, None);
    let mut counts: Vec<(Millis, u64)> = cell.episodes().map(|e| (e.first, e.figures.count)).collect();
    counts.sort_unstable();
    counts.into_iter().map(|(_, count)| count).collect()
}

#[test]
fn a_burst_to_a_new_country_is_one_episode_and_no_news_tomorrow() {
    let mut entries: Vec<Entry> = (0..10).map(|day| entry(day * DAY, day as u128, 0, &[1])).collect();
    entries.extend((0..20).map(|n| entry(9 * DAY + n * HOUR / 2, 100 + n as u128, 0, &[2])));
    entries.extend((0..20).map(|n| entry(10 * DAY + n * HOUR / 2 + HOUR, 200 + n as u128, 0, &[2])));
    assert_eq!(counts(&new_value(), &entries), vec![20]);
}

#[test]
fn nothing_is_new_to_a_group_without_history() {
    let entries: Vec<Entry> = (0..7).map(|day| entry(day * DAY, day as u128, 0, &[day])).collect();
    assert_eq!(counts(&new_value(), &entries), Vec::<u64>::new());
    let mut longer = entries;
    longer.push(entry(7 * DAY, 50, 0, &[50]));
    longer.push(entry(7 * DAY, 51, 0, &[-1]));
    assert_eq!(counts(&new_value(), &longer), vec![1], "a record without the value is never new");
}

#[test]
fn a_late_record_makes_known_what_was_told_as_new() {
    let spec = new_value();
    let mut cell = Cell::default();
    for e in [entry(0, 1, 0, &[1]), entry(9 * DAY, 2, 0, &[2])] {
        assert_eq!(cell.insert(&spec, e), Inserted::Taken);
    }
    cell.evaluate(&spec, 7 * DAY, None);
    assert_eq!(cell.tell().len(), 1);
    assert_eq!(cell.insert(&spec, entry(8 * DAY, 3, 0, &[2])), Inserted::Taken);
    cell.evaluate(&spec, 7 * DAY, None);
    let changes = cell.tell();
    assert!(changes.contains(&Change::Withdraw((9 * DAY).to_string())), "{changes:?}");
    assert_eq!(cell.episodes().map(|e| e.first).collect::<Vec<_>>(), vec![8 * DAY]);
}

#[test]
fn values_are_forgotten_after_their_days() {
    let mut entries: Vec<Entry> = (0..100).map(|day| entry(day * DAY, day as u128, 0, &[1])).collect();
    entries.push(entry(20 * DAY, 900, 0, &[2]));
    entries.push(entry(80 * DAY, 901, 0, &[2]));
    assert_eq!(counts(&new_value(), &entries), vec![1], "60 days are within 60 days");
    entries.push(entry(20 * DAY, 902, 0, &[3]));
    entries.push(entry(81 * DAY, 903, 0, &[3]));
    assert_eq!(counts(&new_value(), &entries), vec![2, 1]);
}

#[test]
fn known_values_take_no_room() {
    let spec = new_value();
    let mut cell = Cell::default();
    let mut id = 0;
    for day in 0..30 {
        for n in 0..2_000 {
            id += 1;
            // An organisation's calls: many, all to a few countries.
            if cell.insert(&spec, entry(day * DAY + n * 40_000, id, 0, &[n % 12])) == Inserted::Full {
                panic!("it fills up");
            }
        }
        let evaluated = cell.evaluate(&spec, (day - 1) * DAY, None);
        assert_eq!((evaluated.saturated, cell.episodes().count()), (0, 0));
        if day > 9 {
            assert!(cell.bytes() < 700_000, "{}", cell.bytes());
        }
    }
    assert!(cell.encode().len() < 80_000, "{}", cell.encode().len());
}

#[test]
fn more_than_usual_counts_and_does_not_become_usual() {
    let mut spec = spec(Node::Leaf(0), DAY);
    let rate = Baseline::Rate { per: HOUR, factor: 3.0, at_least: 5, days: 14, after_days: 7 };
    spec.baseline = Some((rate, vec![]));
    // Two calls in the busiest hour, on working days.
    let mut entries = Vec::new();
    for day in (0..28).filter(|day| day % 7 < 5) {
        entries.extend(
            [9, 14, 15].map(|hour| entry(day * DAY + hour * HOUR, (day * 24 + hour) as u128, 0, &[])),
        );
        entries.push(entry(day * DAY + 14 * HOUR + 1, (day * 24) as u128, 0, &[]));
    }
    assert_eq!(counts(&spec, &entries), Vec::<u64>::new());
    // Two nights of ten calls within an hour: three times two, and more, from the seventh on.
    for night in [20, 21] {
        entries.extend(
            (0..10).map(|n| {
                entry(night * DAY + 3 * HOUR + n * 300_000, 1_000 + (night * 20 + n) as u128, 0, &[])
            }),
        );
    }
    let mut cell = Cell::default();
    entries.iter().for_each(|e| assert_eq!(cell.insert(&spec, e.clone()), Inserted::Taken));
    cell.evaluate(&spec, 0, None);
    let found: Vec<(u64, f64)> = cell.episodes().map(|e| (e.figures.count, e.figures.value)).collect();
    assert_eq!(found, vec![(8, 10.0)]);
}
