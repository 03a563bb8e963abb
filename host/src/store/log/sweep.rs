//! Reading much of the log at once, in no order: for questions about the past.
//!
//! Owns the division of the log into parts that are read side by side, straight through the pages of each month. What is read is
//! what was there when the sweep began. Does not own order: whoever asks sorts by report time.

use std::collections::VecDeque;

use chrono::{DateTime, SecondsFormat};
use futures_util::StreamExt as _;
use model::{EventKind, Millis};
use sqlx::PgConnection;

use super::month::Month;
use crate::store::{Store, StoreError};

/// Pages of a part: 32 MB, some 16,000 records. Small enough that readers end together and a stop is soon noticed, large enough
/// that beginning one costs nothing.
const PART_PAGES: i64 = 4096;

const DOING: &str = "reading the log";

/// Most bytes kept of a row that comes in pieces: far more than a record may have.
const MAX_CARRY: usize = 64 << 20;

/// Every PGCOPY stream begins with this, its flags and the length of what follows.
const HEADER: usize = 11 + 4 + 4;

/// What to read, and what is left to be read.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// What all parts have in common.
    condition: String,
    parts: VecDeque<Part>,
}

/// Pages of a month.
#[derive(Clone, Debug)]
pub struct Part {
    table: String,
    from: i64,
    to: i64,
}

impl Sweep {
    /// Parts that are left.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether all is read.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The next part.
    pub fn next_part(&mut self) -> Option<Part> {
        self.parts.pop_front()
    }
}

impl Store {
    /// What the log holds now of records reported from `from` to before `to` of some kinds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(
        &self,
        from: Millis,
        to: Millis,
        kinds: [bool; EventKind::ALL.len()],
    ) -> Result<Sweep, StoreError> {
        let failed = StoreError::while_(DOING);
        let mut snapshot = self.pool().begin().await.map_err(&failed)?;
        let horizon: i64 =
            sqlx::query_scalar("select log_horizon()").fetch_one(&mut *snapshot).await.map_err(&failed)?;
        let tables: Vec<(String, i64)> = sqlx::query_as(
            "select c.relname::text, pg_relation_size(c.oid) / current_setting('block_size')::bigint
             from pg_inherits i join pg_class c on c.oid = i.inhrelid
             where i.inhparent = 'record_log'::regclass order by c.relname",
        )
        .fetch_all(&mut *snapshot)
        .await
        .map_err(&failed)?;
        snapshot.rollback().await.map_err(&failed)?;
        let mut parts = VecDeque::new();
        for (table, pages) in tables {
            // Only names that we give: they are written into statements.
            let Some(month) = Month::from_partition(&table) else { continue };
            let (begin, end) = month.range();
            if end.timestamp_millis() <= from || begin.timestamp_millis() >= to {
                continue;
            }
            for begin in (0..pages).step_by(PART_PAGES as usize) {
                parts.push_back(Part { table: table.clone(), from: begin, to: begin + PART_PAGES });
            }
        }
        let wanted = EventKind::ALL.iter().zip(kinds).filter(|(_, wanted)| *wanted);
        let wanted: Vec<String> = wanted.map(|(kind, _)| format!("'{}'", kind.name())).collect();
        let events = match wanted.len() {
            0 => " and false".to_owned(),
            all if all == EventKind::ALL.len() => String::new(),
            _ => format!(" and event in ({})", wanted.join(", ")),
        };
        let condition = format!(
            "org_id = {} and txn < {horizon} and report_time >= '{}' and report_time < '{}'{events}",
            self.org(),
            sql_time(from),
            sql_time(to),
        );
        Ok(Sweep { condition, parts })
    }

    /// A connection for reading a part.
    ///
    /// # Errors
    /// When there is none.
    pub async fn sweep_connection(&self) -> Result<SweepConnection, StoreError> {
        let mut connection = self.connect().await?;
        // Of a table that was never analysed the planner thinks that an index is best, and would look at the whole month for
        // every part. Only a scan by page numbers is left to it.
        let plan = "set enable_bitmapscan = off; set enable_indexscan = off; set enable_seqscan = off";
        sqlx::raw_sql(plan).execute(&mut connection).await.map_err(StoreError::while_(DOING))?;
        Ok(SweepConnection(connection))
    }
}

/// Reads parts, one after another.
#[derive(Debug)]
pub struct SweepConnection(PgConnection);

impl SweepConnection {
    /// Gives every record of a part, as one JSON object each, to `each`.
    ///
    /// # Errors
    /// When the database fails, or `each` does, which ends the connection's use.
    pub async fn read_part<E: From<StoreError>>(
        &mut self,
        sweep: &Sweep,
        part: &Part,
        mut each: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = StoreError::while_(DOING);
        let statement = format!(
            "copy (select raw from {} where ctid >= '({},0)'::tid and ctid < '({},0)'::tid and {}) to stdout (format binary)",
            part.table, part.from, part.to, sweep.condition
        );
        let mut stream = self.0.copy_out_raw(&statement).await.map_err(&failed)?;
        let mut rows = Rows::default();
        while let Some(piece) = stream.next().await {
            rows.take(&piece.map_err(&failed)?, &mut each)?;
        }
        Ok(())
    }
}

/// Rows of one text column out of pieces of a binary stream. The server sends a row a piece; the format does not promise it.
#[derive(Default)]
struct Rows {
    has_begun: bool,
    carry: Vec<u8>,
}

impl Rows {
    fn take<E: From<StoreError>>(
        &mut self,
        piece: &[u8],
        each: &mut impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.carry.is_empty() {
            let used = self.rows(piece, each)?;
            self.carry.extend_from_slice(&piece[used..]);
        } else {
            let mut all = std::mem::take(&mut self.carry);
            all.extend_from_slice(piece);
            let used = self.rows(&all, each)?;
            all.drain(..used);
            self.carry = all;
        }
        if self.carry.len() > MAX_CARRY {
            return Err(broken("a row is too large").into());
        }
        Ok(())
    }

    /// How many bytes were whole rows.
    fn rows<E: From<StoreError>>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(&str) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut at = 0;
        if !self.has_begun {
            let Some(extension) = bytes.get(HEADER - 4..HEADER) else { return Ok(0) };
            at = HEADER + number(extension) as usize;
            if at > bytes.len() {
                return Ok(0);
            }
            self.has_begun = true;
        }
        loop {
            match bytes.get(at..at + 2) {
                None => return Ok(at),
                // The end.
                Some([0xff, 0xff]) => return Ok(bytes.len()),
                Some([0, 1]) => {}
                Some(_) => return Err(broken("a row has other columns").into()),
            }
            let Some(length) = bytes.get(at + 2..at + 6) else { return Ok(at) };
            let begin = at + 6;
            // Null is all ones, and no record is null.
            let Some(text) = bytes.get(begin..begin + number(length) as usize) else { return Ok(at) };
            let text = std::str::from_utf8(text).map_err(|_| broken("a record is not UTF-8"))?;
            each(text)?;
            at = begin + text.len();
        }
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn broken(why: &str) -> StoreError {
    StoreError::Unreadable { what: "what the server sent".to_owned(), why: why.to_owned() }
}

/// A time in a statement; times beyond what PostgreSQL and we can say are the ends of what a record may have.
fn sql_time(at: Millis) -> String {
    const FIRST: Millis = 946_684_800_000; // 2000
    const LAST: Millis = 4_102_444_800_000; // 2100
    let at = DateTime::from_timestamp_millis(at.clamp(FIRST, LAST)).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(texts: &[String]) -> Vec<u8> {
        let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        for text in texts {
            bytes.extend_from_slice(&1i16.to_be_bytes());
            bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(&(-1i16).to_be_bytes());
        bytes
    }

    proptest! {
        #[test]
        fn rows_come_whole_however_the_stream_is_cut(
            texts in prop::collection::vec("[a-zñ\u{1}]{0,40}", 0..20), cuts in prop::collection::vec(1usize..30, 1..40),
        ) {
            let bytes = stream(&texts);
            let (mut rows, mut seen, mut rest) = (Rows::default(), Vec::new(), &bytes[..]);
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                rows.take::<StoreError>(piece, &mut |text| { seen.push(text.to_owned()); Ok(()) }).unwrap();
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(seen, texts);
        }
    }
}
