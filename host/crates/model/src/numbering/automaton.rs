//! Many patterns over digits as one table: one look-up per digit, the answer in the last state.
//!
//! Owns compilation of patterns to a table. `regex-automata` determinises the set; since numbers hold only ten
//! different bytes and are always matched whole, the result is copied to a table of ten columns in which every
//! state already holds its answer, and equal states are merged.

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};
use rustc_hash::FxHashMap;

/// A table from digit strings to answers; answer 0 is "nothing".
#[derive(Debug)]
pub(super) struct Automaton {
    /// State after a digit; state 0 is dead.
    next: Vec<[u16; 10]>,
    /// Answer of a number that ends in the state.
    answer: Vec<u16>,
    start: u16,
}

impl Automaton {
    /// Compiles `patterns`; `judge` turns the patterns that match a whole number into an answer. `None` when a
    /// pattern is broken or the table would not fit, which for the metadata a test excludes.
    pub(super) fn build(patterns: &[String], mut judge: impl FnMut(&[usize]) -> u16) -> Option<Automaton> {
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(StartKind::Anchored)
                    .accelerate(false),
            )
            .syntax(syntax::Config::new().unicode(false).utf8(false).ignore_whitespace(true))
            .thompson(thompson::Config::new().utf8(false))
            .build_many(patterns)
            .ok()?;
        let first = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        let mut index: FxHashMap<StateID, u16> = FxHashMap::default();
        let mut table = Automaton { next: vec![[0; 10]], answer: vec![0], start: 1 };
        let mut queue = vec![first];
        index.insert(first, 1);
        let mut matched = Vec::new();
        let mut done = 0;
        while let Some(&state) = queue.get(done) {
            done += 1;
            let end = dfa.next_eoi_state(state);
            matched.clear();
            if dfa.is_match_state(end) {
                matched.extend((0..dfa.match_len(end)).map(|i| dfa.match_pattern(end, i).as_usize()));
            }
            let mut row = [0u16; 10];
            for (slot, digit) in row.iter_mut().zip(b'0'..=b'9') {
                let to = dfa.next_state(state, digit);
                if dfa.is_dead_state(to) || dfa.is_quit_state(to) {
                    continue;
                }
                let fresh = u16::try_from(queue.len() + 1).ok()?;
                *slot = *index.entry(to).or_insert_with(|| {
                    queue.push(to);
                    fresh
                });
            }
            table.next.push(row);
            table.answer.push(judge(&matched));
        }
        Some(table.minimised())
    }

    /// Merges states that no continuation tells apart (Moore's partition refinement).
    fn minimised(self) -> Automaton {
        let mut class: Vec<u16> = self.answer.clone();
        let mut count = 0;
        loop {
            let mut seen: FxHashMap<(u16, [u16; 10]), u16> = FxHashMap::default();
            // State 0 comes first, so the dead state's class is 0 again.
            let finer: Vec<u16> = (0..self.next.len())
                .map(|s| {
                    let signature = (class[s], self.next[s].map(|t| class[usize::from(t)]));
                    let fresh = seen.len() as u16;
                    *seen.entry(signature).or_insert(fresh)
                })
                .collect();
            class = finer;
            if seen.len() == count {
                break;
            }
            count = seen.len();
        }
        let mut small = Automaton {
            next: vec![[0; 10]; count],
            answer: vec![0; count],
            start: class[usize::from(self.start)],
        };
        for (s, c) in class.iter().enumerate() {
            small.next[usize::from(*c)] = self.next[s].map(|t| class[usize::from(t)]);
            small.answer[usize::from(*c)] = self.answer[s];
        }
        small
    }

    /// The answer for a whole number, given as digits 0 to 9 (not as characters).
    #[inline]
    pub(super) fn run(&self, digits: &[u8]) -> u16 {
        let mut state = self.start;
        for digit in digits {
            state = self.next[usize::from(state)][usize::from(*digit).min(9)];
        }
        self.answer[usize::from(state)]
    }

    #[cfg(test)]
    pub(super) fn states(&self) -> usize {
        self.next.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_matched_and_the_judge_sees_every_pattern() {
        let patterns = [r"[2-9]\d{2}".to_owned(), "80 0 | 9".to_owned(), r"8\d*".to_owned()];
        let table = Automaton::build(&patterns, |m| m.iter().map(|p| 1 << p).sum()).unwrap();
        let run = |t: &str| table.run(&t.bytes().map(|b| b - b'0').collect::<Vec<_>>());
        assert_eq!(run("800"), 0b111);
        assert_eq!(run("801"), 0b101);
        assert_eq!(run("9"), 0b010);
        assert_eq!(run("8001"), 0b100);
        assert_eq!(run(""), 0);
        assert_eq!(run("100"), 0);
        assert!(Automaton::build(&["(".to_owned()], |_| 0).is_none());
    }
}
