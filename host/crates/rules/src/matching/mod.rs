//! Which rules hold of a record.
//!
//! Owns what a detection means: [`OpenProgram`] evaluates any rule on JSON and says it plainly, [`Program`] evaluates rules for
//! call records on typed slots, [`Index`] names the programs that could hold at all, [`Explanation`] tells why one does or does not.
//! Does not own syntax (`sigma`), counting over time (`window`) or scripts (`script`).

mod bounds;
mod check;
mod explain;
mod fold;
mod glob;
mod index;
mod lines;
mod logic;
mod open;
mod placeholders;
mod program;
mod regexes;
mod scalar;
#[cfg(test)]
mod testing;
mod times;
mod typed;
mod words;

pub use explain::Explanation;
pub use index::Index;
pub use open::{OpenProgram, compile_open};
pub use placeholders::Placeholders;
pub use program::{Program, compile};
pub use typed::{Derived, Memo, derived, local_time};
