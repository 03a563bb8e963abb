//! A forest's stored form: its steps in pre-order, from which everything else is computed again.
//!
//! Owns reading back what may have been damaged or made up. Lengths are bounded, and what is read goes through the same
//! building as a fresh forest, which refuses anything that is not trees over one sample: no bytes make a forest whose walks
//! do not end.

use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::tree::{Step, Trees};
use crate::{Error, Forest, MAX_NODES, bounded};

#[derive(Serialize, Deserialize)]
pub(crate) struct Stored {
    features: u32,
    sample: u32,
    trees: u32,
    #[serde(deserialize_with = "steps")]
    steps: Vec<Step>,
}

/// Room made before the first step was read, whatever length is announced.
const ROOM: usize = 4_096;

fn steps<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Step>, D::Error> {
    struct Steps;
    impl<'de> Visitor<'de> for Steps {
        type Value = Vec<Step>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {MAX_NODES} steps of an isolation forest")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<Step>, A::Error> {
            let mut steps = Vec::with_capacity(from.size_hint().unwrap_or(0).min(ROOM));
            while let Some(step) = from.next_element()? {
                if steps.len() == MAX_NODES {
                    return Err(serde::de::Error::invalid_length(steps.len() + 1, &self));
                }
                steps.push(step);
            }
            Ok(steps)
        }
    }
    from.deserialize_seq(Steps)
}

impl Serialize for Forest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let trees = self.trees.len() as u32;
        let stored =
            Stored { features: self.features, sample: self.sample, trees, steps: self.trees.steps() };
        stored.serialize(to)
    }
}

impl TryFrom<Stored> for Forest {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Forest, Error> {
        let Stored { features, sample, trees, steps } = stored;
        bounded(features as usize, trees as usize, sample as usize)?;
        let trees = Trees::build(trees as usize, features, sample as usize, &steps)?;
        Ok(Forest::of(features, sample, trees))
    }
}
