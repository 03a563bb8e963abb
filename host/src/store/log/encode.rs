//! Rows of the log in PostgreSQL's binary COPY format.
//!
//! Owns the column order of the stage and the bytes of a row. Does not own sending them.

use std::sync::Arc;

use model::{Event, EventKind, FieldId, Millis, Name, NameTable, Number, RecordId};
use rustc_hash::FxHashMap;

use super::month::Month;

/// Columns of the stage in the order rows are written; the log has `txn` besides.
pub(super) const COLUMNS: &str = "seq, org_id, report_time, start_time, record_id, duration, answered, event, user_id, user_name, \
     location, direction, call_type, calling_number, called_number, called_class, called_country, raw";
const COLUMN_COUNT: i16 = 18;

/// Longest raw record stored. A full Webex record is 2.5 KB; the bound keeps one batch small whatever comes.
pub const MAX_RAW_BYTES: usize = 256 << 10;

/// Names kept at hand per writer before the cache starts anew: some 10 MB.
const MAX_CACHED_NAMES: usize = 100_000;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// 2000-01-01 in milliseconds since 1970: PostgreSQL's own epoch.
const PG_EPOCH: Millis = 946_684_800_000;

/// Why a record cannot be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refused {
    /// Neither report time nor start time.
    #[error("no report time and no start time")]
    NoTime,
    /// A time no record can have.
    #[error("a time before 2000 or after 2099")]
    TimeOutOfRange,
    /// The log has its most months already.
    #[error("a month that would be one too many in the log: the clock of its source must be wrong")]
    TooManyMonths,
    /// Larger than [`MAX_RAW_BYTES`].
    #[error("larger than {} KiB", MAX_RAW_BYTES >> 10)]
    TooLarge,
    /// Not text.
    #[error("not UTF-8 text")]
    NotText,
}

/// Rows being collected.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Identity and place of each row, in the order they came.
    rows: Vec<(RecordId, usize)>,
    /// Months of the rows, ascending, each once.
    months: Vec<Month>,
}

/// Rows on their way to the log.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) bytes: Vec<u8>,
    pub(super) rows: u64,
    pub(super) months: Vec<Month>,
}

impl Batch {
    pub(super) fn new(capacity: usize) -> Batch {
        Batch { bytes: Vec::with_capacity(capacity), rows: Vec::new(), months: Vec::new() }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Size in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The rows in COPY format, ordered by identity: writers that store the same records in the same order wait for each
    /// other, those in different orders would deadlock. `seq` keeps the order they came in. Leaves the batch empty.
    pub(super) fn seal(&mut self) -> Sealed {
        let mut order: Vec<(RecordId, std::ops::Range<usize>)> = Vec::with_capacity(self.rows.len());
        let ends = self.rows.iter().skip(1).map(|(_, start)| *start).chain([self.bytes.len()]);
        order.extend(self.rows.iter().zip(ends).map(|((id, start), end)| (*id, *start..end)));
        // Stable: of a record twice in the batch the first delivery is stored.
        order.sort_by_key(|(id, _)| *id);
        let mut bytes = Vec::with_capacity(SIGNATURE.len() + self.bytes.len() + 2);
        bytes.extend_from_slice(SIGNATURE);
        order.iter().for_each(|(_, range)| bytes.extend_from_slice(&self.bytes[range.clone()]));
        bytes.extend_from_slice(&(-1i16).to_be_bytes());
        self.bytes.clear();
        self.rows.clear();
        Sealed { bytes, rows: order.len() as u64, months: std::mem::take(&mut self.months) }
    }

    fn field(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    fn time(&mut self, at: Millis) {
        self.field(&((at - PG_EPOCH) * 1000).to_be_bytes());
    }

    /// Text, or NULL if empty. PostgreSQL's text cannot hold U+0000.
    fn text(&mut self, value: &str) {
        if value.is_empty() {
            self.bytes.extend_from_slice(&(-1i32).to_be_bytes());
        } else if value.as_bytes().contains(&0) {
            self.field(value.replace('\0', "\u{fffd}").as_bytes());
        } else {
            self.field(value.as_bytes());
        }
    }

    fn number(&mut self, value: Number, scratch: &mut String) {
        use std::fmt::Write as _;
        scratch.clear();
        // Writing to a string does not fail.
        let _ = write!(scratch, "{value}");
        self.text(scratch);
    }
}

/// Makes rows of events. One per writer: it keeps names at hand.
#[derive(Debug)]
pub(super) struct Encoder {
    org: i32,
    names: Arc<NameTable>,
    cache: FxHashMap<u32, Arc<str>>,
    scratch: String,
}

impl Encoder {
    pub(super) fn new(org: i32, names: Arc<NameTable>) -> Encoder {
        Encoder { org, names, cache: FxHashMap::default(), scratch: String::new() }
    }

    /// The months a record's times put it in, or why it cannot be stored.
    pub(super) fn check(event: &Event, raw: &[u8]) -> Result<Month, Refused> {
        let (report, start) = times(event).ok_or(Refused::NoTime)?;
        if raw.len() > MAX_RAW_BYTES {
            return Err(Refused::TooLarge);
        }
        if std::str::from_utf8(raw).is_err() || raw.contains(&0) {
            return Err(Refused::NotText);
        }
        Month::of(start).ok_or(Refused::TimeOutOfRange)?;
        Month::of(report).ok_or(Refused::TimeOutOfRange)
    }

    /// Adds a record that [`Encoder::check`] has accepted.
    pub(super) fn encode(&mut self, batch: &mut Batch, month: Month, event: &Event, raw: &[u8]) {
        if let Err(place) = batch.months.binary_search(&month) {
            batch.months.insert(place, month);
        }
        let (report, start) = times(event).unwrap_or_default();
        let seq = batch.rows.len() as u32;
        batch.rows.push((event.id, batch.bytes.len()));
        batch.bytes.extend_from_slice(&COLUMN_COUNT.to_be_bytes());
        batch.field(&seq.to_be_bytes());
        batch.field(&self.org.to_be_bytes());
        batch.time(report);
        batch.time(start);
        batch.field(&event.id.0.to_be_bytes());
        let duration = i32::try_from(event.u32(FieldId::duration)).unwrap_or(i32::MAX);
        batch.field(&duration.to_be_bytes());
        batch.field(&[u8::from(event.bool(FieldId::answered))]);
        batch.text(event.kind.name());
        for field in
            [FieldId::user, FieldId::user_name, FieldId::location, FieldId::direction, FieldId::call_type]
        {
            self.name(batch, event.name(field));
        }
        let called = match event.kind {
            EventKind::ForwardingChange => FieldId::forward_to,
            _ => FieldId::called_number,
        };
        batch.number(event.phone(FieldId::calling_number), &mut self.scratch);
        batch.number(event.phone(called), &mut self.scratch);
        let (class_field, country_field) = match event.kind {
            EventKind::ForwardingChange => (FieldId::forward_class, FieldId::forward_country),
            _ => (FieldId::called_class, FieldId::called_country),
        };
        self.name(batch, event.name(class_field));
        self.name(batch, event.name(country_field));
        batch.field(raw);
    }

    fn name(&mut self, batch: &mut Batch, name: Name) {
        if !name.is_present() {
            batch.text("");
            return;
        }
        if let Some(text) = self.cache.get(&name.0) {
            batch.text(text);
            return;
        }
        let text = self.names.resolve(name).unwrap_or_default();
        batch.text(&text);
        if self.cache.len() >= MAX_CACHED_NAMES {
            self.cache.clear();
        }
        self.cache.insert(name.0, text);
    }
}

/// Report time and start time; either stands in for the other.
fn times(event: &Event) -> Option<(Millis, Millis)> {
    let (report, start) = (event.int(FieldId::report_time), event.int(FieldId::start_time));
    match (event.has(FieldId::report_time), event.has(FieldId::start_time)) {
        (true, true) => Some((report, start)),
        (true, false) => Some((report, report)),
        (false, true) => Some((start, start)),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Millis = 1_772_359_200_000; // 2026-03-01T10:00:00Z

    #[test]
    fn what_cannot_be_stored_is_refused_with_a_reason() {
        let mut event = Event::default();
        assert_eq!(Encoder::check(&event, b"{}"), Err(Refused::NoTime));
        event.set_millis(FieldId::start_time, AT);
        assert_eq!(Encoder::check(&event, b"{}"), Ok(Month::of(AT).unwrap()));
        assert_eq!(Encoder::check(&event, &vec![b' '; MAX_RAW_BYTES + 1]), Err(Refused::TooLarge));
        assert_eq!(Encoder::check(&event, b"{\"a\":\"\xff\"}"), Err(Refused::NotText));
        assert_eq!(Encoder::check(&event, b"{\"a\":\"\0\"}"), Err(Refused::NotText));
        event.set_millis(FieldId::report_time, i64::MAX);
        assert_eq!(Encoder::check(&event, b"{}"), Err(Refused::TimeOutOfRange));
    }

    #[test]
    fn rows_have_every_column_and_a_batch_its_months_once() {
        let names = Arc::new(NameTable::default());
        let mut event = Event::default();
        event.set_millis(FieldId::report_time, AT);
        event.set_name(FieldId::user, names.intern("a\0b").unwrap());
        event.set_phone(FieldId::called_number, Number::from_e164(34_911_234_567).unwrap());
        let mut encoder = Encoder::new(7, names);
        let mut batch = Batch::new(0);
        for id in [9, 3] {
            event.id = RecordId(id);
            let month = Encoder::check(&event, b"{}").unwrap();
            encoder.encode(&mut batch, month, &event, b"{}");
        }
        let sealed = batch.seal();
        assert_eq!((sealed.rows, sealed.months.len(), batch.rows()), (2, 1, 0));
        assert_eq!(COLUMNS.split(',').count(), COLUMN_COUNT as usize);
        let fields = decode(&sealed.bytes[SIGNATURE.len()..]);
        assert_eq!(fields.len(), 2 * COLUMN_COUNT as usize);
        assert_eq!(fields[8], Some("a\u{fffd}b".as_bytes().to_vec()));
        assert_eq!(fields[14], Some(b"+34911234567".to_vec()));
        assert_eq!(fields[13], None);
        // Ordered by identity, numbered by arrival.
        assert_eq!(fields[0], Some(1i32.to_be_bytes().to_vec()));
        assert_eq!(fields[4], Some(3u128.to_be_bytes().to_vec()));
    }

    /// Reads the format back as the manual describes it.
    fn decode(mut bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut fields = Vec::new();
        loop {
            let (count, rest) = bytes.split_first_chunk::<2>().unwrap();
            bytes = rest;
            if i16::from_be_bytes(*count) == -1 {
                assert!(bytes.is_empty());
                return fields;
            }
            for _ in 0..i16::from_be_bytes(*count) {
                let (length, rest) = bytes.split_first_chunk::<4>().unwrap();
                bytes = rest;
                let length = i32::from_be_bytes(*length);
                if length < 0 {
                    fields.push(None);
                } else {
                    let (value, rest) = bytes.split_at(length as usize);
                    fields.push(Some(value.to_vec()));
                    bytes = rest;
                }
            }
        }
    }
}
