//! The next version of `tally`: it writes its state in another form, and reads that of the version before.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use guests::ringfence::detector::{names, state};
use guests::{Batch, Column, Error, Output, Setup, Value, finding};

guests::manifest!(
    r#"
id = "tally"
version = "2.0.0"
interface = "1.0"
summary = "Counts."
partition = "user"
events = ["call", "forwarding-change", "admin-change", "sign-in"]
columns = ["record_id", "start_time", "user"]
capabilities = ["names", "state"]
state_schema = 2
reads_state = [1]
"#
);

/// What is known of a user; the same in whatever order the rows came.
#[derive(Clone, Copy)]
struct Tally {
    rows: u64,
    /// All identities, one over the other.
    identities: u64,
    first: i64,
    last: i64,
}

struct Guest;

thread_local! {
    static TALLIES: RefCell<BTreeMap<u32, Tally>> = RefCell::default();
    static CHANGED: RefCell<BTreeSet<u32>> = RefCell::default();
}

fn key(user: u32) -> String {
    names::resolve(&[user]).remove(0)
}

fn stored(user: u32) -> Tally {
    let Some(value) = state::get(&key(user)) else {
        return Tally { rows: 0, identities: 0, first: i64::MAX, last: i64::MIN };
    };
    // The form of before is as long as its four figures; this one begins with its number.
    let figures = if value.len() == 32 { &value[..] } else { &value[1..] };
    let part = |i: usize| figures[8 * i..8 * i + 8].try_into().expect("eight bytes");
    Tally {
        rows: u64::from_le_bytes(part(0)),
        identities: u64::from_le_bytes(part(1)),
        first: i64::from_le_bytes(part(2)),
        last: i64::from_le_bytes(part(3)),
    }
}

impl guests::Guest for Guest {
    fn configure(_: Setup) -> Result<(), Error> {
        Ok(())
    }

    fn process(batch: Batch) -> Result<Vec<Output>, Error> {
        let [Column::Ids(ids), Column::S64s(starts), Column::U32s(users)] = &batch.columns[..] else {
            return Err(Error::InvalidBatch("other columns than asked for".to_owned()));
        };
        let mut seen = BTreeSet::new();
        TALLIES.with_borrow_mut(|tallies| {
            for i in (0..batch.rows as usize).filter(|i| users[*i] != 0) {
                let tally = tallies.entry(users[i]).or_insert_with(|| stored(users[i]));
                tally.rows += 1;
                tally.identities = tally.identities.wrapping_add(ids[2 * i] ^ ids[2 * i + 1]);
                tally.first = tally.first.min(starts[i]);
                tally.last = tally.last.max(starts[i]);
                seen.insert(users[i]);
            }
        });
        CHANGED.with_borrow_mut(|changed| changed.extend(&seen));
        let said = |user: &u32| {
            let tally = TALLIES.with_borrow(|tallies| tallies[user]);
            let mut f = finding(*user, "tally");
            (f.first_event, f.last_event) = (tally.first, tally.last);
            f.attributes = vec![
                ("rows".to_owned(), Value::Number(tally.rows)),
                ("form".to_owned(), Value::Number(2)),
                ("identities".to_owned(), Value::Integer((tally.identities >> 1) as i64)),
            ];
            Output::Raise(f)
        };
        Ok(seen.iter().map(said).collect())
    }

    fn checkpoint() -> Result<(), Error> {
        let changed = CHANGED.take();
        TALLIES.with_borrow(|tallies| {
            for user in changed {
                let t = &tallies[&user];
                let parts = [
                    t.rows.to_le_bytes(),
                    t.identities.to_le_bytes(),
                    t.first.to_le_bytes(),
                    t.last.to_le_bytes(),
                ];
                state::set(&key(user), &[&[2], &parts.concat()[..]].concat());
            }
        });
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);
