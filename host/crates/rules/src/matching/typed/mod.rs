//! Rules on call records: fields are lines of the field table, values are slots.
//!
//! Owns reading slots, checking that a rule asks of a field what its type can answer, and the quick forms of what it asks. Does not
//! own what a comparison means: `check` does, for open values as well.

mod item;
mod local;
mod names;
mod phones;
mod suggest;
mod types;
mod value;

pub use local::{Derived, derived, local_time};
pub use names::Memo;

pub(crate) use item::{Test, TypedItem};
pub(crate) use phones::{Buffer, text as phone_text};
pub(crate) use value::{Shape, name, shape, with};

#[cfg(test)]
mod tests;
