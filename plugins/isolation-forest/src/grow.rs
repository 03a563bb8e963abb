//! Growing isolation trees: which cuts, over which rows.
//!
//! Owns sampling per tree, cuts and leaves. Gives each tree as its steps in pre-order; does not own how nodes lie in memory
//! ([`crate::tree`]).

use crate::random::{Random, Sampler};
use crate::tree::{Step, height_limit};

/// Grows trees over the same rows, one after the other. Everything it needs is allocated once.
pub(crate) struct Grower<'a> {
    rows: &'a [f64],
    features: usize,
    sample: usize,
    seed: u64,
    sampler: Sampler,
    chosen: Vec<u32>,
    /// The sample's values, feature after feature: a node looks at one feature of its rows.
    values: Vec<f64>,
    /// Positions in the sample; those of a node stand together.
    members: Vec<u32>,
    /// Features not yet found constant in the current node.
    candidates: Vec<u32>,
    /// Nodes still to be made: first member, member after the last, depth.
    open: Vec<(usize, usize, u32)>,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(rows: &'a [f64], features: usize, sample: usize, seed: u64) -> Grower<'a> {
        Grower {
            rows,
            features,
            sample,
            seed,
            sampler: Sampler::new(rows.len() / features),
            chosen: Vec::with_capacity(sample),
            values: vec![0.0; sample * features],
            members: Vec::with_capacity(sample),
            candidates: Vec::with_capacity(features),
            open: Vec::new(),
        }
    }

    /// Grows one tree, which depends on the seed and its number only.
    pub(crate) fn grow(&mut self, tree: u32, steps: &mut Vec<Step>) {
        let mut random = Random::for_tree(self.seed, tree);
        self.sampler.choose(self.sample, &mut random, &mut self.chosen);
        self.gather();
        self.candidates.clear();
        self.candidates.extend(0..self.features as u32);
        let limit = height_limit(self.sample);
        self.open.push((0, self.sample, 0));
        while let Some((first, end, depth)) = self.open.pop() {
            let cut = if end - first > 1 && depth < limit { self.cut(first, end, &mut random) } else { None };
            let Some((feature, value)) = cut else {
                steps.push(Step::Leaf((end - first) as u32));
                continue;
            };
            steps.push(Step::Cut { feature, value });
            let border = first + self.part(first, end, feature, value);
            self.open.push((border, end, depth + 1));
            self.open.push((first, border, depth + 1));
        }
    }

    /// Copies the sample's values together.
    fn gather(&mut self) {
        self.members.clear();
        self.members.extend(0..self.sample as u32);
        for (member, row) in self.chosen.iter().enumerate() {
            let from = *row as usize * self.features;
            for (feature, value) in self.rows[from..from + self.features].iter().enumerate() {
                self.values[feature * self.sample + member] = *value;
            }
        }
    }

    fn column(&self, feature: u32) -> &[f64] {
        &self.values[feature as usize * self.sample..][..self.sample]
    }

    /// A random feature that is not constant here, and a random value between its extremes that leaves rows on both sides.
    fn cut(&mut self, first: usize, end: usize, random: &mut Random) -> Option<(u32, f64)> {
        for tried in 0..self.features {
            let pick = tried + random.below(self.features - tried);
            self.candidates.swap(tried, pick);
            let feature = self.candidates[tried];
            let column = self.column(feature);
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for member in &self.members[first..end] {
                let value = column[*member as usize];
                low = if value < low { value } else { low };
                high = if value > high { value } else { high };
            }
            if low < high {
                let u = random.unit();
                let value = low * (1.0 - u) + high * u;
                return Some((feature, if value > low && value <= high { value } else { high }));
            }
        }
        None
    }

    /// Puts members below the value first; gives how many there are.
    fn part(&mut self, first: usize, end: usize, feature: u32, value: f64) -> usize {
        let column = &self.values[feature as usize * self.sample..][..self.sample];
        let members = &mut self.members[first..end];
        let mut border = 0;
        for i in 0..members.len() {
            let member = members[i];
            // Swapped whether or not it is below: a branch here would be guessed wrong every other time.
            members.swap(i, border);
            border += usize::from(column[member as usize] < value);
        }
        border
    }
}
