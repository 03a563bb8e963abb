//! Well-behaved: echoes every row as a finding, uses every import, keeps a count per user in `state`.

use std::cell::RefCell;
use std::collections::HashMap;

use guests::ringfence::detector::{directory, log, names, state};
use guests::{Batch, Column, Error, Output, RecordId, Setup, Value, finding};

guests::manifest!(
    r#"
id = "good"
version = "1.2.3"
interface = "1.0"
summary = "Echoes."
partition = "user"
events = ["call", "sign-in"]
columns = ["record_id", "start_time", "called_number", "user", "location", "called_ours", "call_id", "caller_reputation_score"]
capabilities = ["names", "directory", "state", "log"]
state_schema = 1
[config.greeting]
type = "string"
default = "hello"
doc = "What it says."
[config.fail]
type = "boolean"
default = false
doc = "Whether it refuses to start."
"#
);

struct Guest;

thread_local! {
    static CONFIG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static COUNTS: RefCell<HashMap<u32, u32>> = RefCell::default();
}

fn count(user: u32) -> u32 {
    COUNTS.with_borrow_mut(|counts| {
        let count = counts.entry(user).or_insert_with(|| {
            let key = names::resolve(&[user]).remove(0);
            state::get(&key).map_or(0, |v| u32::from_le_bytes(v.try_into().expect("four bytes")))
        });
        *count += 1;
        *count
    })
}

impl guests::Guest for Guest {
    fn configure(setup: Setup) -> Result<(), Error> {
        if setup.settings.contains("\"fail\":true") {
            return Err(Error::InvalidSettings("fail: is true; it must be false".to_owned()));
        }
        log::write(log::Level::Info, &format!("columns\n{}", setup.columns.join(" ")));
        CONFIG.set(vec![setup.settings, setup.memory_bytes.to_string()]);
        Ok(())
    }

    fn process(batch: Batch) -> Result<Vec<Output>, Error> {
        if batch.rows == 0 {
            return Ok(Vec::new());
        }
        let [
            Column::Ids(ids),
            Column::S64s(starts),
            Column::U64s(called),
            Column::U32s(users),
            Column::U32s(locations),
            Column::U8s(ours),
            Column::Texts(calls),
            Column::F64s(scores),
        ] = &batch.columns[..]
        else {
            return Err(Error::InvalidBatch("other columns than asked for".to_owned()));
        };
        Ok((0..batch.rows as usize)
            .map(|i| {
                let mut f = finding(users[i], &calls[i]);
                f.first_event = starts[i];
                f.last_event = starts[i];
                f.score = scores[i];
                f.evidence = vec![RecordId { hi: ids[2 * i], lo: ids[2 * i + 1] }];
                f.explanation = CONFIG.with_borrow(Vec::clone);
                let offset = directory::utc_offset(locations[i], starts[i]).map_or(9999, i64::from);
                f.attributes = vec![
                    ("called".to_owned(), Value::Number(called[i])),
                    ("location".to_owned(), Value::Name(locations[i])),
                    ("ours".to_owned(), Value::Boolean(ours[i] != 0)),
                    ("ours_too".to_owned(), Value::Boolean(directory::is_ours(called[i]))),
                    ("offset".to_owned(), Value::Integer(offset)),
                    (
                        "hours".to_owned(),
                        Value::Integer(directory::business_hours(locations[i]).len() as i64),
                    ),
                    ("holidays".to_owned(), Value::Integer(directory::holidays(locations[i]).len() as i64)),
                    ("count".to_owned(), Value::Integer(i64::from(count(users[i])))),
                    ("horizon".to_owned(), Value::Integer(batch.horizon)),
                ];
                Output::Raise(f)
            })
            .collect())
    }

    fn checkpoint() -> Result<(), Error> {
        COUNTS.with_borrow(|counts| {
            for (user, count) in counts {
                let key = names::resolve(&[*user]).remove(0);
                state::set(&key, &count.to_le_bytes());
            }
        });
        state::delete("gone");
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);
