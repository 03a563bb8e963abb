use proptest::prelude::*;

use super::*;
use crate::matching::testing::{any_event, any_rule, world};
use crate::matching::{Memo, Placeholders, compile};
use crate::sigma::Rule;

fn programs(rules: &[Rule]) -> Vec<Arc<Program>> {
    rules.iter().filter_map(|rule| compile(rule, &[], &Placeholders::default()).ok()).map(Arc::new).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_match_is_missed(
        (rules, events, world) in proptest::collection::vec(any_rule(), 1..80).prop_flat_map(|rules| {
            let world = world();
            let names = world.names.clone();
            (Just(rules), proptest::collection::vec(any_event(names), 1..20), Just(world))
        }),
    ) {
        let programs = programs(&rules);
        let mut index = Index::new(&programs);
        let (mut memo, mut out) = (Memo::default(), Vec::new());
        for event in events.iter().chain(&events) {
            index.candidates(event, &world, &mut out);
            prop_assert!(out.is_sorted());
            for (at, program) in (0..).zip(&programs) {
                prop_assert!(
                    !program.matches(event, &world, &mut memo) || out.contains(&at),
                    "{:#?} {:#?}", program.sources, event
                );
            }
        }
    }
}
