//! Reads a CSV file of 38 columns twice and prints both times: the csv crate into string records, and `read_all`
//! with two workers and the fields of the built-in detectors.
//!
//! `cargo run --release --example bench_read -p ringfence -- [RECORDS] [csv|ndjson|page]`

#![allow(clippy::unwrap_used, reason = "a measurement, not a product: a failure should stop it")]

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Event, FieldId, FieldSet, NameTable};
use ringfence::config::{Config, LocationConfig};
use ringfence::directory::Directory;
use ringfence::source::{Input, ReadOptions, Record, Sink, SinkError, read_all};

/// The first 38 columns of the report (reference/webex.md, section 4) that live traffic fills.
const COLUMNS: [&str; 38] = [
    "Start time",
    "Answer time",
    "Duration",
    "Calling number",
    "Called number",
    "User",
    "Calling line ID",
    "Called line ID",
    "Correlation ID",
    "Location",
    "Inbound trunk",
    "Outbound trunk",
    "Route group",
    "Direction",
    "Call type",
    "Client type",
    "Client version",
    "Sub client type",
    "OS type",
    "Device Mac",
    "Model",
    "Answered",
    "International Country",
    "Original reason",
    "Related reason",
    "Redirect reason",
    "Site main number",
    "Site timezone",
    "User type",
    "User UUID",
    "Report ID",
    "Report time",
    "Release time",
    "Releasing party",
    "Redirecting number",
    "Dialed digits",
    "User number",
    "Ring duration",
];

#[derive(Default)]
struct Counting {
    events: u64,
    seconds: u64,
}

impl Sink for Counting {
    fn event(&mut self, event: &Event, _: &Record<'_>) -> Result<(), SinkError> {
        self.events += 1;
        self.seconds += u64::from(event.u32(FieldId::duration));
        Ok(())
    }
}

fn cells(i: u64) -> Vec<String> {
    let user = i % 2200;
    let place = user % 3;
    let at = 1_772_359_200_000 + (i as i64) * 977;
    let time = |t: i64| {
        chrono::DateTime::from_timestamp_millis(t).unwrap().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    };
    let rest = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let answered = !rest.is_multiple_of(4);
    let duration = if answered { rest % 600 } else { 0 };
    let called = match rest % 10 {
        0..=2 => format!("{}", 2000 + rest % 2200),
        3 => format!("+34{}", 600_000_000 + rest % 99_999_999),
        4 => format!("+1809{}", 5_550_000 + rest % 9999),
        _ => format!("+57300{}", 1_000_000 + rest % 8_999_999),
    };
    let (location, main, zone) = [
        ("Bogota", "+576015550000", "-300"),
        ("Mexico City", "+525555550000", "-360"),
        ("Madrid", "+34911550000", "60"),
    ][place as usize];
    let text = |t: &str| t.to_owned();
    vec![
        time(at),
        if answered { time(at + 4000) } else { String::new() },
        duration.to_string(),
        format!("+57601555{user:04}"),
        called.clone(),
        format!("User Number {user}"),
        text("NA"),
        text("NA"),
        format!("8e8e1dc7-4f25-4595-b9c7-{i:012x}"),
        text(location),
        text(""),
        text("Trunk-1"),
        text(""),
        text("ORIGINATING"),
        text("SIP_NATIONAL"),
        text("TEAMS_WXC_CLIENT"),
        text("45.1.2.3"),
        text(""),
        text("windows"),
        text(""),
        text(""),
        text(if answered { "TRUE" } else { "FALSE" }),
        text("NA"),
        text(""),
        text(""),
        text(""),
        text(main),
        text(zone),
        text("User"),
        format!("47f0d0c2-f05a-44cc-870d-{user:012x}"),
        format!("0a0c2eb7-f1f6-4326-86f9-{i:012x}"),
        time(at + 5000 + duration as i64 * 1000),
        time(at + 5000 + duration as i64 * 1000),
        text("Remote"),
        text(""),
        called,
        format!("+57601555{user:04}"),
        (rest % 20).to_string(),
    ]
}

fn write(path: &std::path::Path, records: u64, shape: &str) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let object = |i| {
        let map: serde_json::Map<String, serde_json::Value> =
            COLUMNS.iter().map(|c| (*c).to_owned()).zip(cells(i).into_iter().map(Into::into)).collect();
        serde_json::to_string(&map).unwrap()
    };
    match shape {
        "csv" => {
            writeln!(out, "{}", COLUMNS.join(",")).unwrap();
            (0..records).for_each(|i| writeln!(out, "{}", cells(i).join(",")).unwrap());
        }
        "ndjson" => (0..records).for_each(|i| writeln!(out, "{}", object(i)).unwrap()),
        _ => {
            out.write_all(b"{\"items\":[").unwrap();
            (0..records).for_each(|i| write!(out, "{}{}", if i > 0 { "," } else { "" }, object(i)).unwrap());
            out.write_all(b"]}").unwrap();
        }
    }
    out.flush().unwrap();
}

fn best(mut run: impl FnMut()) -> Duration {
    (0..3)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap()
}

/// Processor seconds of this process so far, of all threads; `None` where there is no /proc.
fn cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<f64> =
        stat.rsplit(')').next()?.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
    Some(fields.iter().sum::<f64>() / 100.0)
}

fn main() {
    let records = std::env::args().nth(1).map_or(300_000, |n| n.parse().unwrap());
    let shape = std::env::args().nth(2).unwrap_or_else(|| "csv".to_owned());
    let dir = tempfile::tempdir().unwrap();
    let (csv_path, path) = (dir.path().join("records.csv"), dir.path().join("records"));
    write(&csv_path, records, "csv");
    write(&path, records, &shape);

    let mut config = Config::default();
    for (name, country, zone) in [
        ("Bogota", "CO", "America/Bogota"),
        ("Mexico City", "MX", "America/Mexico_City"),
        ("Madrid", "ES", "Europe/Madrid"),
    ] {
        let location = LocationConfig {
            country: Some(country.to_owned()),
            zone: Some(zone.to_owned()),
            outside_access: Some("9".to_owned()),
            ..LocationConfig::default()
        };
        config.locations.insert(name.to_owned(), location);
    }
    config.numbers = vec!["+57601555*".to_owned()];
    let directory = Arc::new(Directory::from_config(&config));
    let wanted: FieldSet = {
        use FieldId::*;
        [
            record_id,
            start_time,
            report_time,
            user,
            location,
            direction,
            called_number,
            called_class,
            called_country,
            duration,
            answered,
            local_offset,
            call_type,
            redirecting_number,
            redirect_reason,
            releasing_party,
        ]
        .into_iter()
        .collect()
    };
    let options = ReadOptions { wanted, ..ReadOptions::default() };

    let baseline = best(|| {
        let mut reader = csv::Reader::from_path(&csv_path).unwrap();
        let mut record = csv::StringRecord::new();
        let mut bytes = 0;
        while reader.read_record(&mut record).unwrap() {
            bytes += record.as_slice().len();
        }
        std::hint::black_box(bytes);
    });
    let read = |workers: usize| {
        best(|| {
            let names = Arc::new(NameTable::default());
            let mut sinks: Vec<Counting> = (0..workers).map(|_| Counting::default()).collect();
            let summary =
                read_all(&[Input::File(path.clone())], &options, &names, &directory, &mut sinks).unwrap();
            assert_eq!((summary.records, summary.rejected), (records, 0), "{summary:?}");
            assert_eq!(sinks.iter().map(|s| s.events).sum::<u64>(), records);
        })
    };
    let (one, two) = (read(1), read(2));
    let before = cpu();
    let last = read(2);
    let spent = cpu().zip(before).map(|(now, then)| (now - then) / 3.0);
    let two = two.min(last);
    let per = |d: Duration| d.as_nanos() as f64 / records as f64;
    println!(
        "{records} records, csv {:.1} MB, {shape}",
        std::fs::metadata(&csv_path).unwrap().len() as f64 / 1e6
    );
    println!(
        "csv crate, string records   {:>8.1} ms  {:>7.0} ns per record",
        baseline.as_secs_f64() * 1e3,
        per(baseline)
    );
    for (label, time) in [("read_all, 1 worker", one), ("read_all, 2 workers", two)] {
        let ratio = time.as_secs_f64() / baseline.as_secs_f64();
        println!(
            "{label:<27} {:>8.1} ms  {:>7.0} ns per record  ratio {ratio:.2}",
            time.as_secs_f64() * 1e3,
            per(time)
        );
    }
    if let Some(seconds) = spent {
        println!(
            "processor time of read_all, 2 workers: {:.0} ns per record, ratio {:.2}",
            seconds * 1e9 / records as f64,
            seconds / baseline.as_secs_f64()
        );
    }
}
