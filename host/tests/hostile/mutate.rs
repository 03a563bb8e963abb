//! Hostile guests by mutation of valid components: bits, bytes, sections.

use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wasmparser::{Parser, Payload};

/// Makes mutants of components, the same for the same seed.
pub struct Mutator {
    random: ChaCha8Rng,
    bases: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, bases: Vec<Vec<u8>>) -> Mutator {
        Mutator { random: ChaCha8Rng::seed_from_u64(seed), bases }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.random.random_range(0..limit.max(1))
    }

    /// The next one.
    pub fn next(&mut self) -> Vec<u8> {
        let base = self.below(self.bases.len());
        let mut bytes = self.bases[base].clone();
        let changes = 1 + self.below(3);
        for _ in 0..changes {
            self.change(&mut bytes);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = 8 + self.below(bytes.len().saturating_sub(8));
        let parts = sections(bytes);
        match self.below(12) {
            // Mostly small: what is broken badly does not load.
            0..=4 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            5 if at < bytes.len() => bytes[at] = self.below(256) as u8,
            6 if at + 4 < bytes.len() => bytes[at..at + 4].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]),
            7 => bytes.truncate(at.max(8)),
            8 if !parts.is_empty() => {
                let part = parts[self.below(parts.len())].clone();
                let copy = bytes[part.clone()].to_vec();
                bytes.splice(part.end..part.end, copy);
            }
            9 if !parts.is_empty() => drop(bytes.drain(parts[self.below(parts.len())].clone())),
            10 if parts.len() > 1 => {
                let one = self.below(parts.len() - 1);
                let (first, second) = (parts[one].clone(), parts[one + 1].clone());
                let swapped = [&bytes[second.clone()], &bytes[first.clone()]].concat();
                bytes.splice(first.start..second.end, swapped);
            }
            11 => {
                // A section of another component.
                let other = self.below(self.bases.len());
                let other = self.bases[other].clone();
                let theirs = sections(&other);
                if let (Some(place), false) = (parts.last(), theirs.is_empty()) {
                    let part = other[theirs[self.below(theirs.len())].clone()].to_vec();
                    let place = place.end;
                    bytes.splice(place..place, part);
                }
            }
            _ => {}
        }
    }
}

/// Where the outer component's sections lie, headers included; none where it cannot be read.
fn sections(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut start, mut depth) = (8, 0usize);
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else { return found };
        match &payload {
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => {
                let end = unchecked_range.end as usize;
                if depth == 0 && end <= bytes.len() {
                    found.push(start..end);
                    start = end;
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                let end = payload.as_section().map_or(0, |(_, range)| range.end as usize);
                if end > start && end <= bytes.len() {
                    found.push(start..end);
                    start = end;
                }
            }
            _ => {}
        }
    }
    found
}
