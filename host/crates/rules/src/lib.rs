//! Rules: Sigma YAML with what is ours under `ringfence:`, Rhai where Sigma ends. Pure: no files, no clock, no database.
//!
//! ```text
//! text ─ yaml ─ sigma ─▶ Document ─ set ─▶ RuleSet ─▶ Evaluator ─▶ findings, state by key
//!        spans  syntax             links,            matching: which rules hold of a record (index, programs)
//!               modifiers          filters,          script:   `when`, `severity` (Rhai, bounded)
//!                                  digests           window:   groups, correlations, baselines, episodes
//! ```
//!
//! Arrows go from left to right; `diagnostic` and `record` are used by all. Does not own reading files, threads or where
//! state is kept: the host's `engine` and `policy` do.

pub mod diagnostic;
pub mod evaluator;
pub mod explain;
pub mod matching;
pub mod record;
pub mod schema;
pub mod script;
pub mod set;
pub mod sigma;
pub mod window;
pub mod yaml;

pub use diagnostic::{Diagnostic, Level as DiagnosticLevel, Span};
pub use evaluator::{Evaluator, Kept, Output, Raised, RuleFailure, Share, Step};
pub use matching::Placeholders;
pub use record::{Field, Fields, Places, Virtual, World};
pub use set::{File, LoadOptions, Loaded, Plan, RuleSet, State, load};
