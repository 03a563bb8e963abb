//! Takes as much as it is told to: time, state, findings, log lines, memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use guests::ringfence::detector::{log, state};
use guests::{Batch, Column, Error, Output, Setup, finding};

guests::manifest!(
    r#"
id = "glutton"
version = "1.2.3"
interface = "1.0"
summary = "Takes what it is told to take."
partition = "user"
events = ["call"]
columns = ["record_id", "user"]
capabilities = ["state", "log"]
state_schema = 1
[config.work]
type = "integer"
default = 0
doc = "Thousands of rounds of a loop for each row."
[config.work_per_batch]
type = "integer"
default = 0
doc = "Thousands of rounds of a loop for each batch."
[config.value_bytes]
type = "integer"
default = 0
doc = "Bytes stored for each row under a key of its own; 0 stores nothing."
[config.findings]
type = "boolean"
default = false
doc = "Whether each row is a finding."
[config.lines]
type = "integer"
default = 0
doc = "Log lines for each row."
[config.memory_mib]
type = "integer"
default = 0
doc = "Memory it takes at the start."
"#
);

struct Guest;

#[derive(Clone, Copy, Default)]
struct Settings {
    work: u64,
    work_per_batch: u64,
    value_bytes: usize,
    findings: bool,
    lines: u64,
}

thread_local! {
    static SETTINGS: Cell<Settings> = Cell::default();
    static HOARD: RefCell<Vec<u8>> = RefCell::default();
    static SEEN: RefCell<BTreeSet<(u64, u64)>> = RefCell::default();
}

fn number(settings: &str, key: &str) -> u64 {
    let Some((_, rest)) = settings.split_once(&format!("\"{key}\":")) else { return 0 };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().unwrap_or(0)
}

fn work(thousands: u64) {
    let mut n = 1u64;
    for _ in 0..thousands * 1_000 {
        n = std::hint::black_box(n.wrapping_mul(3));
    }
}

impl guests::Guest for Guest {
    fn configure(setup: Setup) -> Result<(), Error> {
        let text = &setup.settings;
        SETTINGS.set(Settings {
            work: number(text, "work"),
            work_per_batch: number(text, "work_per_batch"),
            value_bytes: number(text, "value_bytes") as usize,
            findings: text.contains("\"findings\":true"),
            lines: number(text, "lines"),
        });
        HOARD.set(vec![1; (number(text, "memory_mib") as usize) << 20]);
        Ok(())
    }

    fn process(batch: Batch) -> Result<Vec<Output>, Error> {
        let [Column::Ids(ids), Column::U32s(users)] = &batch.columns[..] else {
            return Err(Error::InvalidBatch("other columns than asked for".to_owned()));
        };
        let settings = SETTINGS.get();
        let rows = u64::from(batch.rows);
        if rows > 0 {
            work(settings.work_per_batch);
        }
        work(settings.work * rows);
        for line in 0..settings.lines * rows {
            log::write(log::Level::Warn, &format!("line {line}"));
        }
        let id = |i: usize| (ids[2 * i], ids[2 * i + 1]);
        if settings.value_bytes > 0 {
            SEEN.with_borrow_mut(|seen| seen.extend((0..rows as usize).map(id)));
        }
        if !settings.findings {
            return Ok(Vec::new());
        }
        let said = |i: usize| Output::Raise(finding(users[i], &format!("{:x?}", id(i))));
        Ok((0..rows as usize).map(said).collect())
    }

    fn checkpoint() -> Result<(), Error> {
        let bytes = SETTINGS.get().value_bytes;
        for (high, low) in SEEN.take() {
            state::set(&format!("{high:016x}{low:016x}"), &vec![7; bytes]);
        }
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);
