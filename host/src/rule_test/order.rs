//! Orders in which the records of one case are delivered. Findings must be the same in all of them.
//!
//! Owns which orders are tried and that none of them makes a record late that is not late anyhow: records move only within
//! stretches that are shorter than the allowed lateness.

use model::Millis;

use super::record::Made;

/// Most restarts of one run: each starts the engine's threads anew.
const MAX_RESTARTS: usize = 40;

/// One way of delivering the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// For messages: `as reported`, `backwards` …
    pub name: &'static str,
    /// Positions of records, by the checkpoints between which they are delivered.
    pub steps: Vec<Vec<usize>>,
    /// Whether the engine is stopped and started at every checkpoint.
    pub restarts: bool,
    /// Worker threads.
    pub workers: usize,
}

/// The orders for a case; the first is the one whose findings are compared with what is expected.
pub fn orders(records: &[Made], lateness: Millis) -> Vec<Order> {
    let mut reported: Vec<usize> = (0..records.len()).collect();
    reported.sort_by_key(|at| (records[*at].report, *at));
    let stretches = stretches(&reported, records, lateness);
    let again = |order: &[usize]| -> Vec<usize> {
        order.iter().flat_map(|at| std::iter::repeat_n(*at, records[*at].deliveries as usize)).collect()
    };
    let base = again(&reported);
    let mut orders =
        vec![Order { name: "as reported", steps: vec![base.clone()], restarts: false, workers: 1 }];
    let size = base.len().div_ceil(MAX_RESTARTS).max(1);
    let pieces: Vec<Vec<usize>> = base.chunks(size).map(<[usize]>::to_vec).collect();
    if pieces.len() > 1 {
        let name = "one by one, restarted between";
        orders.push(Order { name, steps: pieces, restarts: true, workers: 1 });
    }
    let mut others = vec![
        (
            "backwards",
            stretches.iter().map(|s| s.iter().rev().copied().collect()).collect::<Vec<Vec<usize>>>(),
        ),
        (
            "as written",
            stretches
                .iter()
                .map(|s| {
                    let mut s = s.clone();
                    s.sort_unstable();
                    s
                })
                .collect(),
        ),
    ];
    others.retain(|(_, steps)| steps.iter().flatten().ne(&reported));
    for (name, steps) in others {
        // Repeated deliveries come when everything else has been seen.
        let steps = steps
            .into_iter()
            .map(|step| {
                let repeated: Vec<usize> = again(&step)
                    .into_iter()
                    .zip(again(&step).into_iter().skip(1))
                    .filter(|(a, b)| a == b)
                    .map(|(a, _)| a)
                    .collect();
                step.into_iter().chain(repeated).collect()
            })
            .collect();
        orders.push(Order { name, steps, restarts: false, workers: 3 });
    }
    orders
}

/// Cuts the order of report into pieces within which any order is within the lateness.
fn stretches(reported: &[usize], records: &[Made], lateness: Millis) -> Vec<Vec<usize>> {
    let mut pieces: Vec<Vec<usize>> = Vec::new();
    let mut earliest = Millis::MAX;
    for at in reported {
        let record = &records[*at];
        let start = earliest.min(record.start);
        match pieces.last_mut() {
            Some(piece) if record.report.saturating_sub(start) <= lateness => {
                piece.push(*at);
                earliest = start;
            }
            _ => {
                pieces.push(vec![*at]);
                earliest = record.start;
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made(start: Millis, report: Millis, deliveries: u32) -> Made {
        Made {
            json: serde_json::Map::new(),
            stated: Vec::new(),
            start,
            report,
            event: 0,
            repetition: 0,
            deliveries,
            span: rules::Span::default(),
        }
    }

    #[test]
    fn late_records_come_after_others_and_repeated_ones_again() {
        let records = [made(0, 1_000, 1), made(10, 5_000, 2), made(20, 1_020, 1)];
        let orders = orders(&records, 100_000);
        assert_eq!(orders[0].steps, [vec![0, 2, 1, 1]]);
        assert_eq!(orders[1].steps, [vec![0], vec![2], vec![1], vec![1]]);
        assert_eq!((orders[2].name, &orders[2].steps), ("backwards", &vec![vec![1, 2, 0, 1]]));
        assert_eq!((orders[3].name, &orders[3].steps), ("as written", &vec![vec![0, 1, 2, 1]]));
    }

    proptest! {
        #[test]
        fn every_order_has_every_record_and_none_becomes_late(
            records in proptest::collection::vec((0i64..400, 0i64..150, 1u32..4), 0..40),
        ) {
            let lateness = 100;
            let records: Vec<Made> =
                records.into_iter().map(|(start, late, n)| made(start, start + late, n)).collect();
            let mut wanted: Vec<usize> =
                (0..records.len()).flat_map(|at| vec![at; records[at].deliveries as usize]).collect();
            wanted.sort_unstable();
            let late = |order: &Order| {
                let (mut latest, mut late) = (0, vec![false; records.len()]);
                for at in order.steps.iter().flatten() {
                    // The first delivery decides.
                    late[*at] |= records[*at].start < latest - lateness;
                    latest = latest.max(records[*at].report);
                }
                late
            };
            let orders = orders(&records, lateness);
            for order in &orders {
                let mut all: Vec<usize> = order.steps.iter().flatten().copied().collect();
                all.sort_unstable();
                prop_assert_eq!(&all, &wanted);
                for (at, is_late) in late(order).iter().enumerate() {
                    prop_assert!(!is_late || late(&orders[0])[at] || records[at].deliveries > 1, "{} {}", order.name, at);
                }
            }
        }
    }
}
