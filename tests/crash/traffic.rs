//! A fortnight of the demo's organisation, cut into the pieces in which it is delivered: late, shuffled, overlapping.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use model::RecordId;
use ringfence::demo::{Options, Parts, generate};
use serde_json::Value;

use crate::dice::Dice;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The allowed lateness, by default.
const LATENESS: i64 = 24 * HOUR;

/// Longest a piece lasts, so that nothing in it is made late by the rest of it.
const PIECE_SPAN: i64 = 5 * HOUR;

/// Days that come quietly, so that detectors know the people.
const HISTORY_DAYS: i64 = 8;

/// Days that come quietly afterwards, to see what the killed one remembers.
const TAIL_DAYS: i64 = 1;

const DAYS: u32 = 14;

struct Record {
    id: String,
    report: i64,
    start: i64,
    json: Vec<u8>,
    /// Calls only.
    csv: Option<csv::ByteRecord>,
}

/// Files of one delivery, by name.
pub type Piece = Vec<PathBuf>;

/// Everything that is delivered.
pub struct Traffic {
    pub history: Vec<Piece>,
    pub pieces: Vec<Piece>,
    pub tail: Vec<Piece>,
    /// Everything before the tail, once, for one scan.
    pub before: PathBuf,
    /// Everything, once.
    pub all: PathBuf,
    pub ids_before: BTreeSet<u128>,
    pub ids_all: BTreeSet<u128>,
}

/// Makes the traffic in a folder, which afterwards holds the organisation's `directory.yaml` too.
pub fn make(seed: u64, pieces: usize, dir: &Path) -> Traffic {
    let mut dice = Dice::new(seed ^ 0x7261_6666_6963);
    let users = 40 + dice.below(15) as u32;
    let demo = generate(&Options { seed, users, days: DAYS, ..Options::default() }).unwrap();
    demo.write(dir, Parts { csv: true, pages: false, feed: true }).unwrap();
    let (headers, records) = read(dir);
    let begin = DateTime::parse_from_rfc3339("2026-03-02T00:00:00Z").unwrap().timestamp_millis();
    let live = begin + HISTORY_DAYS * DAY;
    let tail = begin + (i64::from(DAYS) - TAIL_DAYS) * DAY;
    let (history, rest): (Vec<&Record>, Vec<&Record>) = records.iter().partition(|r| r.report < live);
    let (tail, middle): (Vec<&Record>, Vec<&Record>) = rest.into_iter().partition(|r| r.report >= tail);

    let plain = |records: &[&Record], name: &str| -> Piece {
        let bytes: Vec<u8> = records.iter().flat_map(|r| [&r.json[..], b"\n"].concat()).collect();
        vec![write(dir, &format!("{name}.ndjson"), &bytes)]
    };
    let before: Vec<&Record> = history.iter().chain(&middle).copied().collect();
    let all: Vec<&Record> = before.iter().chain(&tail).copied().collect();
    let ids = |records: &[&Record]| records.iter().map(|r| RecordId::from_text(&r.id).0.0).collect();

    let cut = cut(&middle, pieces, &mut dice);
    check_lateness(&cut);
    let mut known = history.clone();
    let mut files = Vec::new();
    for (index, piece) in cut.iter().enumerate() {
        let mut delivered = piece.clone();
        // What overlaps with pieces before, and what comes twice in this one.
        for _ in 0..piece.len() / 10 + 1 {
            let again = if dice.percent(70) { &known } else { piece };
            delivered.push(again[dice.below(again.len() as u64) as usize]);
        }
        shuffle(&mut delivered, &mut dice);
        let csv = dice.percent(50);
        files.push(write_piece(dir, &format!("piece-{index:03}"), &delivered, csv.then_some(&headers)));
        known.extend(piece);
    }
    let half = history.len() / 2;
    Traffic {
        history: vec![plain(&history[..half], "history-1"), plain(&history[half..], "history-2")],
        pieces: files,
        tail: vec![plain(&tail, "tail")],
        before: plain(&before, "before").remove(0),
        all: plain(&all, "all").remove(0),
        ids_before: ids(&before),
        ids_all: ids(&all),
    }
}

/// Distinct records of the demo in the order of their report times, and the report's column names.
fn read(dir: &Path) -> (csv::ByteRecord, Vec<Record>) {
    let report = std::fs::read(dir.join("records.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(report.strip_prefix(b"\xef\xbb\xbf").unwrap());
    let headers = reader.byte_headers().unwrap().clone();
    let mut rows = reader.byte_records();
    let feed = std::fs::read(dir.join("feed.ndjson")).unwrap();
    let mut seen = BTreeSet::new();
    let mut records = Vec::new();
    for line in feed.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let value: Value = serde_json::from_slice(line).unwrap();
        let time = |key: &str| {
            let text = value[key].as_str()?;
            Some(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
        };
        let call = value.get("event").is_none();
        let csv = call.then(|| rows.next().unwrap().unwrap());
        let id = value["Report ID"].as_str().unwrap().to_owned();
        if seen.insert(id.clone()) {
            let start = time("Start time").unwrap();
            let report = time("Report time").unwrap_or(start);
            records.push(Record { id, report, start, json: line.to_vec(), csv });
        }
    }
    records.sort_by(|a, b| (a.report, &a.id).cmp(&(b.report, &b.id)));
    (headers, records)
}

/// Each record is held up for a while of its own; then the order of arrival is cut.
fn cut<'a>(records: &[&'a Record], pieces: usize, dice: &mut Dice) -> Vec<Vec<&'a Record>> {
    let mut arrivals: Vec<(i64, &Record)> = records
        .iter()
        .map(|r| {
            let most = LATENESS - (r.report - r.start) - PIECE_SPAN - HOUR;
            let most = if dice.percent(50) { most } else { most.min(HOUR) };
            (r.report + dice.below(most.max(1) as u64) as i64, *r)
        })
        .collect();
    arrivals.sort_by_key(|(at, r)| (*at, &r.id));
    let size = records.len().div_ceil(pieces);
    let mut cut: Vec<Vec<&Record>> = Vec::new();
    let mut since = i64::MIN;
    for (at, record) in arrivals {
        match cut.last_mut() {
            Some(piece) if piece.len() < size && at - since <= PIECE_SPAN => piece.push(record),
            _ => {
                since = at;
                cut.push(vec![record]);
            }
        }
    }
    cut
}

/// Nothing comes when a record reported more than the lateness after its start can have been seen: the whole piece counts.
fn check_lateness(pieces: &[Vec<&Record>]) {
    let mut newest = i64::MIN;
    let mut shuffled = 0;
    for piece in pieces {
        let before = newest;
        newest = piece.iter().map(|r| r.report).max().unwrap().max(newest);
        for record in piece {
            assert!(newest <= record.start + LATENESS, "{} is too late", record.id);
            shuffled += usize::from(record.report < before);
        }
    }
    let total: usize = pieces.iter().map(Vec::len).sum();
    assert!(shuffled * 5 > total, "only {shuffled} of {total} records come out of order");
}

fn shuffle<T>(items: &mut [T], dice: &mut Dice) {
    for i in (1..items.len()).rev() {
        items.swap(i, dice.below(i as u64 + 1) as usize);
    }
}

/// As one file, or as the report and a file of what the report cannot hold.
fn write_piece(dir: &Path, name: &str, records: &[&Record], csv: Option<&csv::ByteRecord>) -> Piece {
    let mut json = Vec::new();
    let mut report = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut rows = 0;
    if let Some(headers) = csv {
        report.write_byte_record(headers).unwrap();
    }
    for record in records {
        match (&record.csv, csv) {
            (Some(row), Some(_)) => {
                report.write_byte_record(row).unwrap();
                rows += 1;
            }
            _ => json.extend([&record.json[..], b"\n"].concat()),
        }
    }
    let mut files = Vec::new();
    if rows > 0 {
        let bytes = [&b"\xef\xbb\xbf"[..], &report.into_inner().unwrap()].concat();
        files.push(write(dir, &format!("{name}.csv"), &bytes));
    }
    if !json.is_empty() {
        files.push(write(dir, &format!("{name}.ndjson"), &json));
    }
    files
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}
