//! How much a script may cost.
//!
//! Owns the numbers and their reasons. The operation limit is the one that ends a bad script in practice: it counts the same
//! on every machine, so that the same input gives the same output; wall time is only there for what counts few operations.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rhai::{Dynamic, Engine};

/// Longest script of a rule, in bytes: a screenful is 2 KB, and what is longer belongs into `rules/lib`.
pub const MAX_SOURCE: usize = 8 * 1024;
/// Longest file of `rules/lib`, in bytes.
pub const MAX_LIBRARY_SOURCE: usize = 128 * 1024;
/// Most files of `rules/lib`; each is looked at for every function that a script calls.
pub const MAX_LIBRARIES: usize = 64;
/// Operations of one evaluation. A rule's condition takes 5 to 50; this many take about 2 ms.
pub const MAX_OPERATIONS: u64 = 20_000;
/// Functions within functions while running: more than a rule needs, and their frames fit a thread's 2 MB stack.
pub const MAX_CALL_LEVELS: usize = 12;
/// Depth of an expression. A chain `a || b || c` counts one for each, and lists of 40 alternatives occur. Parser and
/// evaluation recurse so deep: it bounds the stack.
pub const MAX_EXPRESSION_DEPTH: usize = 64;
/// Depth of an expression in a function: the frames add to those of the callers.
pub const MAX_FUNCTION_DEPTH: usize = 32;
/// Bytes of a text that a script makes.
pub const MAX_TEXT: usize = 4 * 1024;
/// Elements of a list, those of lists in it included: a list of countries or prefixes fits.
pub const MAX_LIST: usize = 1_024;
/// Entries of a map.
pub const MAX_MAP: usize = 256;
/// Variables at one time.
pub const MAX_VARIABLES: usize = 256;
/// Functions that one script or library file defines.
pub const MAX_FUNCTIONS: usize = 128;
/// Wall time of one evaluation. Three orders of magnitude above what is usual, so that a busy machine does not fail rules.
pub const MAX_WALL: Duration = Duration::from_millis(100);
/// Operations between two looks at the clock: a look costs as much as one operation.
const LOOK_EVERY: u64 = 256;
/// Diagnostics of one script: who has more wrong has something else wrong.
pub const MAX_DIAGNOSTICS: usize = 8;

thread_local! {
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

pub(super) fn apply(engine: &mut Engine, wall: Duration) {
    engine
        .set_max_operations(MAX_OPERATIONS)
        .set_max_call_levels(MAX_CALL_LEVELS)
        .set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_FUNCTION_DEPTH)
        .set_max_string_size(MAX_TEXT)
        .set_max_array_size(MAX_LIST)
        .set_max_map_size(MAX_MAP)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS);
    engine.on_progress(move |operations| {
        if !operations.is_multiple_of(LOOK_EVERY) {
            return None;
        }
        if operations == LOOK_EVERY {
            SINCE.set(Some(Instant::now()));
            return None;
        }
        SINCE.get().filter(|since| since.elapsed() > wall).map(|_| Dynamic::UNIT)
    });
}
