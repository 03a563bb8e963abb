//! The order in which records and events arrive: by report time, with some late and some twice.
//!
//! Owns the merge of records and events. Everything about lateness is decided by identity, so that adding a record
//! changes the delivery of no other.

use super::recorder::Output;

/// Something that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Index of a leg.
    Record(u32),
    /// Index of a change.
    Event(u32),
}

/// Everything in order of arrival.
pub(super) fn order(output: &Output, seed: u64) -> Vec<Item> {
    let records = output.legs.iter().zip(0u32..).flat_map(|(leg, index)| {
        let again = leg.delivered_again(seed).map(|at| (at, leg.stream, leg.serial, Item::Record(index)));
        std::iter::once((leg.delivered(seed), leg.stream, leg.serial, Item::Record(index))).chain(again)
    });
    let events =
        output.changes.iter().zip(0u32..).map(|(change, index)| {
            (change.delivered(seed), change.stream, change.serial, Item::Event(index))
        });
    let mut all: Vec<_> = records.chain(events).collect();
    all.sort_unstable_by_key(|(at, stream, serial, item)| {
        (*at, *stream, *serial, matches!(item, Item::Record(_)))
    });
    all.into_iter().map(|(.., item)| item).collect()
}
