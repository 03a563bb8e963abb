//! The record log: every record once, in an order readers can rely on.
//!
//! Owns writing (deduplicated, in batches, by several writers at once), reading by position, and partitions. Does not own
//! what a record means.

mod delivery;
mod encode;
mod month;
mod reader;
mod sweep;
mod writer;

pub use encode::{MAX_RAW_BYTES, Refused, log_fields};
pub(in crate::store) use month::Months;
pub use month::{MAX_MONTHS, Month};
pub use reader::{LogRow, MAX_READ, Position};
pub use sweep::{Part, Sweep, SweepConnection};
pub use writer::{BATCH_ROWS, LogWriter, WriteCounts};
