//! The sweep over chains against trying everything.

use proptest::prelude::*;

use super::super::ordered::Chains;
use super::*;

/// Length of the longest chain among firings `(time, child, record)` that begins at `from` or later.
fn longest(firings: &[(Millis, usize, u128)], child: usize, after: Millis, used: &mut Vec<u128>) -> usize {
    let mut longest_yet = 0;
    for &(time, fired, record) in firings {
        if fired >= child && time >= after && !used.contains(&record) {
            used.push(record);
            longest_yet = longest_yet.max(1 + longest(firings, fired + 1, time, used));
            used.pop();
        }
    }
    longest_yet
}

proptest! {
    #![proptest_config(ProptestConfig { cases: super::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn longest_chain(
        children in 1_usize..5,
        instants in prop::collection::vec(prop::collection::vec((0_u128..4, 0_usize..5), 1..7), 1..4),
    ) {
        let mut chains = Chains::new(children);
        let mut all = Vec::new();
        for (now, firings) in instants.iter().enumerate() {
            let now = now as Millis;
            // Records of one instant are of no other.
            let mut firings: Vec<(u128, usize)> =
                firings.iter().map(|(id, child)| (id + now as u128 * 10, child % children)).collect();
            firings.sort_unstable();
            let given: Vec<_> = firings.iter().map(|(id, child)| (*child, RecordId(*id))).collect();
            chains.instant(now, &given);
            all.extend(firings.iter().map(|(id, child)| (now, *child, *id)));
            for from in 0..=now {
                prop_assert_eq!(chains.longest(from), longest(&all, 0, from, &mut Vec::new()), "from {}", from);
            }
        }
    }
}
