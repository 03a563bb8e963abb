//! Says for whom each row is, and keeps what every instance must learn alike.

use std::cell::{Cell, RefCell};

use guests::ringfence::detector::state;
use guests::{Batch, Column, Error, Output, RecordId, Setup, Subject, Value, finding};

guests::manifest!(
    r#"
id = "shared"
version = "1.2.3"
interface = "1.0"
summary = "Says for whom rows are."
partition = "user"
events = ["call"]
columns = ["record_id", "$row", "user", "called_number"]
capabilities = ["state"]
state_schema = 1
[also]
partition = "number"
key = "other_party"
[organisation]
[organisation.filter]
other_class = ["premium"]
[config.limit]
type = "integer"
default = 10
doc = "Shown on findings."
"#
);

struct Guest;

thread_local! {
    /// Of the plugin's settings, then of each override's.
    static LIMITS: RefCell<Vec<i64>> = RefCell::default();
    static LEARNED: Cell<Option<u32>> = const { Cell::new(None) };
    static LARGEST: Cell<u32> = const { Cell::new(0) };
}

/// The `"limit":n` of settings.
fn limit(settings: &str) -> i64 {
    let Some((_, rest)) = settings.split_once("\"limit\":") else { return -1 };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().unwrap_or(-1)
}

const KEY: &str = "habits/learned";

fn learned() -> u32 {
    LEARNED.get().unwrap_or_else(|| {
        state::get(KEY).map_or(0, |v| u32::from_le_bytes(v.try_into().expect("four bytes")))
    })
}

/// What every instance knows alike.
fn settled(horizon: i64) -> Output {
    let mut f = finding(0, "settled");
    f.subject = Subject::Organisation;
    f.attributes = vec![
        ("horizon".to_owned(), Value::Integer(horizon)),
        ("learned".to_owned(), Value::Integer(i64::from(learned()))),
        ("largest".to_owned(), Value::Integer(i64::from(LARGEST.get()))),
    ];
    Output::Raise(f)
}

impl guests::Guest for Guest {
    fn configure(setup: Setup) -> Result<(), Error> {
        LIMITS.set([&setup.settings].into_iter().chain(&setup.variants).map(|s| limit(s)).collect());
        Ok(())
    }

    fn process(batch: Batch) -> Result<Vec<Output>, Error> {
        LARGEST.set(LARGEST.get().max(batch.rows));
        if batch.rows == 0 {
            return Ok(vec![settled(batch.horizon)]);
        }
        let [Column::Ids(ids), Column::U32s(rows), Column::U32s(users), Column::U64s(called)] =
            &batch.columns[..]
        else {
            return Err(Error::InvalidBatch("other columns than asked for".to_owned()));
        };
        let mut outputs = Vec::new();
        for i in 0..batch.rows as usize {
            let (row, settings) = (rows[i] & 0xff, (rows[i] >> 8) as usize);
            let mut say = |subject: Subject| {
                let id = RecordId { hi: ids[2 * i], lo: ids[2 * i + 1] };
                let mut f = finding(0, &format!("{:x}-{:x}", id.hi, id.lo));
                f.subject = subject;
                f.evidence = vec![id];
                let limit = LIMITS.with_borrow(|limits| limits.get(settings).copied().unwrap_or(-1));
                f.attributes = vec![("limit".to_owned(), Value::Integer(limit))];
                outputs.push(Output::Raise(f));
            };
            if row & 1 != 0 {
                say(Subject::User(users[i]));
            }
            if row & 2 != 0 {
                say(Subject::Number(called[i]));
            }
            if row & 4 != 0 {
                LEARNED.set(Some(learned() + 1));
            }
        }
        Ok(outputs)
    }

    fn checkpoint() -> Result<(), Error> {
        state::set(KEY, &learned().to_le_bytes());
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);
