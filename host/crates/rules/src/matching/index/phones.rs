//! Sets by telephone number: a tree of digits, walked as far as it goes.
//!
//! Owns the tree of all whole numbers and prefixes that programs name for one field.

use std::sync::Arc;

use model::{FieldId, Number, NumberKind};

use super::rows::{Rows, put};
use super::{about, could, could_by, lines};
use crate::Fields;
use crate::matching::check::{Check, Scratch};
use crate::matching::glob::Glob;
use crate::matching::program::Program;
use crate::matching::typed::{Buffer, Test, phone_text};

/// Nodes of a tree: some 12 MB. Programs beyond it are asked always.
const MAX_NODES: usize = 200_000;

/// The longest text of a number: `+` and 15 digits. What is longer fits none.
const MAX_TEXT: usize = 16;

const SYMBOLS: &str = "0123456789*#+";

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct PhoneSets {
    id: FieldId,
    rows: Rows,
    absent: u32,
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Zero is none: the root is nobody's child.
    children: [u32; SYMBOLS.len()],
    /// The set of numbers that begin so and leave the tree here.
    through: u32,
    /// The set of the number that ends here.
    end: u32,
}

#[inline]
fn symbol(b: u8) -> Option<usize> {
    Some(match b {
        b'0'..=b'9' => usize::from(b - b'0'),
        b'*' => 10,
        b'#' => 11,
        b'+' => 12,
        _ => return None,
    })
}

/// Whole numbers and prefixes that a program names.
fn literals(id: FieldId, program: &Program) -> Vec<&str> {
    let mut found = Vec::new();
    for line in lines(id, program).filter(|line| matches!(line.test, Test::Phones(_))) {
        found.extend(line.line.exact.iter().map(|t| &**t));
        found.extend(line.line.checks.iter().filter_map(|check| match check {
            Check::Text { glob: Glob::Exact(text) | Glob::Prefix(text), .. } => Some(&**text),
            _ => None,
        }));
    }
    found.retain(|text| text.len() <= MAX_TEXT);
    found
}

impl PhoneSets {
    pub(super) fn new(id: FieldId, programs: &[Arc<Program>], words: usize) -> PhoneSets {
        let mut scratch = Scratch::default();
        let (mut absent, mut root) = (vec![u64::MAX; words], vec![u64::MAX; words]);
        let mut sets = PhoneSets { id, rows: Rows::new(words), absent: 0, nodes: vec![Node::default()] };
        let mut owners: Vec<Vec<u32>> = vec![Vec::new()];
        for (at, program) in about(id, programs) {
            let literals = literals(id, program);
            if sets.nodes.len() + literals.iter().map(|t| t.len()).sum::<usize>() > MAX_NODES {
                continue;
            }
            put(&mut absent, at, could(program, id, None, &mut scratch));
            put(&mut root, at, holds_at(program, id, "", false));
            for literal in literals {
                let node = sets.add(literal);
                owners.resize_with(sets.nodes.len(), Vec::new);
                if owners[node].last() != Some(&at) {
                    owners[node].push(at);
                }
            }
        }
        sets.absent = sets.rows.number(&absent);
        sets.fill(0, &root, &mut String::new(), &owners, programs);
        sets
    }

    fn add(&mut self, literal: &str) -> usize {
        let mut node = 0;
        for symbol in literal.bytes().filter_map(symbol) {
            let next = self.nodes[node].children[symbol];
            node = if next == 0 {
                self.nodes.push(Node::default());
                let made = self.nodes.len() - 1;
                self.nodes[node].children[symbol] = made as u32;
                made
            } else {
                next as usize
            };
        }
        node
    }

    /// Numbers the sets of a node and of all below it; no deeper than [`MAX_TEXT`]. A program that names nothing here answers as it
    /// did before, for a number that ends as for one that goes on.
    fn fill(
        &mut self,
        node: usize,
        before: &[u64],
        text: &mut String,
        owners: &[Vec<u32>],
        programs: &[Arc<Program>],
    ) {
        let mut through = before.to_vec();
        let mut end = before.to_vec();
        for at in &owners[node] {
            let program = &programs[*at as usize];
            put(&mut through, *at, holds_at(program, self.id, text, false));
            put(&mut end, *at, holds_at(program, self.id, text, true));
        }
        self.nodes[node].through = self.rows.number(&through);
        self.nodes[node].end = self.rows.number(&end);
        for (symbol, c) in SYMBOLS.chars().enumerate() {
            let child = self.nodes[node].children[symbol] as usize;
            if child != 0 {
                text.push(c);
                self.fill(child, &through, text, owners, programs);
                text.pop();
            }
        }
    }

    /// The set for the record's value.
    #[inline]
    pub(super) fn find(&self, record: &impl Fields) -> u32 {
        if !record.present().contains(self.id) {
            return self.absent;
        }
        let number = Number(record.slot(self.id));
        if !matches!(number.kind(), NumberKind::E164 | NumberKind::Digits) {
            return self.nodes[0].through;
        }
        let mut buffer = Buffer::default();
        let mut node = &self.nodes[0];
        for b in phone_text(number, &mut buffer).bytes() {
            match symbol(b).map_or(0, |s| node.children[s]) {
                0 => return node.through,
                next => node = &self.nodes[next as usize],
            }
        }
        node.end
    }

    /// A set.
    #[inline]
    pub(super) fn row(&self, number: u32) -> &[u64] {
        self.rows.get(number)
    }
}

/// Whether the program could hold of the number `text`, or of one that begins so and goes on as nobody names.
fn holds_at(program: &Program, id: FieldId, text: &str, ended: bool) -> bool {
    could_by(program, id, &mut |item| match &item.test {
        Test::Phones(phones) => phones.holds_text(text, ended),
        Test::Fixed(verdict) => *verdict,
        _ => true,
    })
}
