//! A well-behaved counter, and with one quirk each the guests that a conformance check must catch.
//!
//! It counts every user's records, each once, in whatever order they come; it keeps identities as long as they can come
//! again. A quirk breaks one promise and leaves the others as they are.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::ringfence::detector::{names, state};
use crate::{Batch, Column, Error, Output, Setup, Subject, Value, finding};

/// What is wrong with a guest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Nothing.
    None,
    /// Tells which record came last.
    Order,
    /// Tells the number of the user's handle.
    Handles,
    /// Counts a record as often as it comes.
    Repeats,
    /// Does not store when a user was first seen.
    Forgets,
    /// Has room for so many rows of a batch only.
    ShortBatch,
    /// Does not take an empty batch before the first row.
    Empty,
    /// Does not take a sign-in before any call.
    Kinds,
    /// Fails on a record without report time.
    Absent,
    /// Fails on the longest duration.
    Extremes,
    /// Fails on a name that changes the direction of writing.
    Text,
    /// Fails when the horizon jumps by years.
    Horizon,
    /// Keeps some memory for each record.
    Leak,
    /// Stores some bytes for each record.
    State,
    /// Says the same again and again.
    Chatty,
    /// Takes its time.
    Slow,
    /// Does not start with the highest value of its setting.
    Settings,
    /// Counts everybody's records together, although it is partitioned by user.
    Workers,
}

const HEADER: usize = 8 + 8 + 8 + 8;
const YEARS: i64 = 5 * 365 * 86_400_000;

/// What is known of a user.
#[derive(Clone, Default)]
struct Tally {
    rows: u64,
    first: i64,
    last: i64,
    latest: u64,
    /// Identity and start of records that may come again.
    known: BTreeMap<u64, i64>,
    /// Of [`Quirk::State`].
    ballast: Vec<u8>,
}

thread_local! {
    static TALLIES: RefCell<BTreeMap<u32, Tally>> = RefCell::default();
    static CHANGED: RefCell<BTreeSet<u32>> = RefCell::default();
    static HORIZON: Cell<i64> = const { Cell::new(i64::MIN) };
    static BEGUN: Cell<bool> = const { Cell::new(false) };
    static TOTAL: Cell<Option<u64>> = const { Cell::new(None) };
    static LEAKED: RefCell<Vec<Vec<u8>>> = RefCell::default();
}

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn stored(user: u32) -> Tally {
    let Some(bytes) = state::get(&format!("u/{user}")) else {
        return Tally { first: i64::MAX, last: i64::MIN, ..Tally::default() };
    };
    let count = number(&bytes, HEADER) as usize;
    let entry = |i: usize| HEADER + 8 + 16 * i;
    Tally {
        rows: number(&bytes, 0),
        first: number(&bytes, 8) as i64,
        last: number(&bytes, 16) as i64,
        latest: number(&bytes, 24),
        known: (0..count).map(|i| (number(&bytes, entry(i)), number(&bytes, entry(i) + 8) as i64)).collect(),
        ballast: bytes[entry(count)..].to_vec(),
    }
}

fn packed(tally: &Tally, quirk: Quirk) -> Vec<u8> {
    let first = if quirk == Quirk::Forgets { i64::MAX } else { tally.first };
    let mut bytes: Vec<u8> =
        [tally.rows, first as u64, tally.last as u64, tally.latest, tally.known.len() as u64]
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect();
    for (id, start) in &tally.known {
        bytes.extend(id.to_le_bytes());
        bytes.extend(start.to_le_bytes());
    }
    bytes.extend(&tally.ballast);
    bytes
}

/// The guest's `configure`.
pub fn configure(setup: &Setup, quirk: Quirk) -> Result<(), Error> {
    assert!(
        quirk != Quirk::Settings || !setup.settings.contains("\"limit\":10"),
        "index out of bounds: the limit is 10"
    );
    Ok(())
}

/// The guest's `process`.
pub fn process(batch: &Batch, quirk: Quirk) -> Result<Vec<Output>, Error> {
    let before = HORIZON.replace(batch.horizon);
    if quirk == Quirk::Horizon && before > 0 {
        assert!(batch.horizon.saturating_sub(before) < YEARS, "the clock went mad");
    }
    if batch.rows == 0 {
        if quirk == Quirk::Empty && !begun() {
            return Err(Error::InvalidBatch("a batch without rows".to_owned()));
        }
        return Ok(Vec::new());
    }
    let [
        Column::Ids(ids),
        Column::S64s(starts),
        Column::S64s(reports),
        Column::U32s(users),
        Column::U32s(durations),
        Column::U32s(events),
    ] = &batch.columns[..]
    else {
        return Err(Error::InvalidBatch("other columns than asked for".to_owned()));
    };
    if quirk == Quirk::Kinds && !begun() {
        let kind = names::resolve(&[events[0]]).remove(0);
        assert!(kind == "call", "what is a {kind}?");
    }
    BEGUN.set(true);
    let mut outputs = Vec::new();
    let mut seen = BTreeSet::new();
    let room = if quirk == Quirk::ShortBatch { 4096 } else { usize::MAX };
    for i in (0..batch.rows as usize).take(room).filter(|i| users[*i] != 0) {
        assert!(quirk != Quirk::Absent || reports[i] != 0, "a record without report time");
        assert!(quirk != Quirk::Extremes || durations[i] != u32::MAX, "attempt to add with overflow");
        if quirk == Quirk::Text {
            let name = names::resolve(&[users[i]]).remove(0);
            assert!(!name.contains('\u{202e}'), "which way?");
        }
        if quirk == Quirk::Leak {
            LEAKED.with_borrow_mut(|leaked| leaked.push(vec![1; 500]));
        }
        if quirk == Quirk::Slow {
            std::hint::black_box((0..600_000u64).fold(0, |a, b| std::hint::black_box(a ^ b)));
        }
        count(users[i], ids[2 * i] ^ ids[2 * i + 1].rotate_left(17), starts[i], batch.horizon, quirk);
        seen.insert(users[i]);
        if quirk == Quirk::Chatty {
            outputs.extend([said(users[i], quirk), said(users[i], quirk), said(users[i], quirk)]);
        }
    }
    CHANGED.with_borrow_mut(|changed| changed.extend(&seen));
    outputs.extend(seen.iter().map(|user| said(*user, quirk)));
    if quirk == Quirk::Workers {
        let mut f = finding(0, "total");
        f.subject = Subject::Organisation;
        f.attributes = vec![("rows".to_owned(), Value::Integer(TOTAL.get().unwrap_or_default() as i64))];
        outputs.push(Output::Raise(f));
    }
    Ok(outputs)
}

fn begun() -> bool {
    BEGUN.get() || state::get("begun").is_some()
}

fn count(user: u32, id: u64, start: i64, horizon: i64, quirk: Quirk) {
    TALLIES.with_borrow_mut(|tallies| {
        let tally = tallies.entry(user).or_insert_with(|| stored(user));
        tally.known.retain(|_, start| *start >= horizon);
        if tally.known.insert(id, start).is_some() && quirk != Quirk::Repeats {
            return;
        }
        tally.rows += 1;
        tally.first = tally.first.min(start);
        tally.last = tally.last.max(start);
        tally.latest = id;
        if quirk == Quirk::State {
            tally.ballast.extend([7; 16]);
        }
        if quirk == Quirk::Workers {
            let total = TOTAL.get().unwrap_or_else(|| state::get("total").map_or(0, |v| number(&v, 0)));
            TOTAL.set(Some(total + 1));
        }
    });
}

fn said(user: u32, quirk: Quirk) -> Output {
    let tally = TALLIES.with_borrow(|tallies| tallies[&user].clone());
    let mut f = finding(user, "tally");
    (f.first_event, f.last_event) = (tally.first, tally.last);
    f.attributes = vec![("rows".to_owned(), Value::Integer(tally.rows as i64))];
    if quirk == Quirk::Order {
        f.attributes.push(("latest".to_owned(), Value::Integer((tally.latest >> 1) as i64)));
    }
    if quirk == Quirk::Handles {
        f.attributes.push(("handle".to_owned(), Value::Integer(i64::from(user))));
    }
    Output::Raise(f)
}

/// The guest's `checkpoint`.
pub fn checkpoint(quirk: Quirk) -> Result<(), Error> {
    let changed = CHANGED.take();
    TALLIES.with_borrow(|tallies| {
        for user in changed {
            state::set(&format!("u/{user}"), &packed(&tallies[&user], quirk));
        }
    });
    if BEGUN.get() {
        state::set("begun", &[1]);
    }
    if let Some(total) = TOTAL.get() {
        state::set("total", &total.to_le_bytes());
    }
    Ok(())
}

/// A guest with that quirk.
#[macro_export]
macro_rules! kit {
    ($id:literal, $quirk:expr) => {
        $crate::manifest!(concat!(
            "id = \"",
            $id,
            "\"\nversion = \"1.2.3\"\ninterface = \"1.0\"\nsummary = \"Counts.\"\npartition = \"user\"\n",
            "events = [\"call\", \"sign-in\"]\n",
            "columns = [\"record_id\", \"start_time\", \"report_time\", \"user\", \"duration\", \"event\"]\n",
            "capabilities = [\"names\", \"state\"]\nstate_schema = 1\n",
            "[config.limit]\ntype = \"integer\"\ndefault = 3\nminimum = 1\nmaximum = 10\ndoc = \"Nothing.\"\n"
        ));
        struct Guest;
        impl $crate::Guest for Guest {
            fn configure(setup: $crate::Setup) -> Result<(), $crate::Error> {
                $crate::kit::configure(&setup, $quirk)
            }
            fn process(batch: $crate::Batch) -> Result<Vec<$crate::Output>, $crate::Error> {
                $crate::kit::process(&batch, $quirk)
            }
            fn checkpoint() -> Result<(), $crate::Error> {
                $crate::kit::checkpoint($quirk)
            }
        }
        $crate::export!(Guest with_types_in $crate::bindings);
    };
}
