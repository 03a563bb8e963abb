//! `scan` of a CSV file against only parsing it with the csv crate, in one run:
//! `cargo run --release --example bench_scan [RECORDS]…` (default 1,000,000). Needs the release binary.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};

const USERS: u32 = 2200;
const ROUNDS: usize = 3;
/// 38 columns of the Control Hub report.
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
    "Org UUID",
    "Report ID",
    "Releasing party",
    "Dialed digits",
    "User number",
    "Call outcome",
    "Ring duration",
    "Release time",
];

fn main() -> std::io::Result<()> {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.replace('_', "").parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000_000] } else { sizes };
    let binary = std::env::current_exe()?.with_file_name("../ringfence");
    let dir = tempfile::tempdir()?;
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ringfence.sample.yaml");
    println!("records      csv crate     scan      ratio   peak memory   findings");
    for records in sizes {
        let file = write(dir.path(), records)?;
        let mut parse = Vec::new();
        let mut scan = Vec::new();
        let (mut peak, mut findings) = (0, 0);
        for _ in 0..ROUNDS {
            parse.push(timed(|| parse_only(&file)).1);
            let (run, took) = timed(|| run_scan(&binary, &config, &file));
            let (memory, found) = run?;
            scan.push(took);
            (peak, findings) = (peak.max(memory), found);
        }
        let (parse, scan) = (min(&parse), min(&scan));
        println!(
            "{records:>10} {:>9.2} s {:>9.2} s {:>8.2} {:>9} MB {findings:>10}",
            parse.as_secs_f64(),
            scan.as_secs_f64(),
            scan.as_secs_f64() / parse.as_secs_f64(),
            peak / 1024
        );
        std::fs::remove_file(file)?;
    }
    println!("minimum of {ROUNDS} runs each, alternating; wanted: ratio <= 3, peak memory <= 300 MB");
    Ok(())
}

fn parse_only(file: &Path) -> u64 {
    let mut reader = csv::Reader::from_path(file).expect("the file was just written");
    let mut record = csv::StringRecord::new();
    let mut fields = 0;
    while reader.read_record(&mut record).expect("the file is valid") {
        fields += record.len() as u64;
    }
    std::hint::black_box(fields)
}

/// Peak resident memory in KB and the number of findings.
fn run_scan(binary: &Path, config: &Path, file: &Path) -> std::io::Result<(u64, usize)> {
    let mut child = Command::new(binary)
        .args(["scan", "--format", "ndjson", "--config"])
        .args([config, file])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let output = child.stdout.take();
    let reader = std::thread::spawn(move || output.map(std::io::read_to_string));
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
        peak = peak.max(high.trim().trim_end_matches(" kB").parse().unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let text = reader.join().ok().flatten().transpose()?.unwrap_or_default();
    let status = child.wait()?;
    if !status.success() {
        return Err(std::io::Error::other(format!("scan failed: {status}")));
    }
    Ok((peak, text.lines().count()))
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

fn min(times: &[Duration]) -> Duration {
    times.iter().copied().min().unwrap_or_default()
}

/// A month of working days per million records, in the order of release.
fn write(dir: &Path, records: u64) -> std::io::Result<PathBuf> {
    let path = dir.join("records.csv");
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(&path)?);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    writeln!(out, "{}", COLUMNS.join(","))?;
    let start = 1_767_225_600_000i64;
    for i in 0..records {
        let release = start + office_millis(i);
        let user = at_work(&mut rng, release);
        let answered = rng.random_range(0..100) < 74;
        let duration = if answered { rng.random_range(2..400) } else { 0 };
        let ring = rng.random_range(1..30);
        let begin = release - i64::from(duration + ring) * 1000;
        let (location, own, zone) = match user % 3 {
            0 => ("Bogota", 576_015_550_000 + u64::from(user), -300),
            1 => ("Mexico City", 525_555_500_000 + u64::from(user), -360),
            _ => ("Madrid", 34_911_230_000 + u64::from(user), 60),
        };
        let outbound = rng.random_range(0..10) < 5;
        let (call_type, other, country) = match rng.random_range(0..200) {
            0 => ("SIP_INTERNATIONAL", 442_071_838_000 + rng.random_range(0..300u64), "GB"),
            1..60 => ("SIP_ENTERPRISE", own - u64::from(user) + u64::from(rng.random_range(0..USERS)), ""),
            n => (
                if !outbound {
                    "SIP_INBOUND"
                } else if n < 150 {
                    "SIP_MOBILE"
                } else {
                    "SIP_NATIONAL"
                },
                match user % 3 {
                    0 => 573_101_000_000 + rng.random_range(0..9_000_000u64),
                    1 => 525_511_000_000 + rng.random_range(0..9_000_000u64),
                    _ => 34_611_000_000 + rng.random_range(0..900_000u64),
                },
                "",
            ),
        };
        let (calling, called) = if outbound { (own, other) } else { (other, own) };
        let (begin, answer, release) = (
            iso(begin),
            if answered { iso(begin + i64::from(ring) * 1000) } else { String::new() },
            iso(release),
        );
        let direction = if outbound { "ORIGINATING" } else { "TERMINATING" };
        let dialed = if outbound { format!("9{other}") } else { String::new() };
        writeln!(
            out,
            "{begin},{answer},{duration},+{calling},+{called},User {user},NA,NA,{:032x},{location},,Trunk 1,,{direction},\
             {call_type},TEAMS_WXC_CLIENT,45.1.0.1,DESKTOP_APP,windows,NA,NA,{},{country},,,,+{},{zone},User,\
             {user:08x}-0000-4000-8000-000000000000,408806bc-a013-4a4b-9a24-85e374912102,\
             {:08x}-{:04x}-4000-8000-{:012x},Local,{dialed},+{own},Success,{ring},{release}",
            rng.random::<u128>(),
            if answered { "TRUE" } else { "FALSE" },
            own - u64::from(user),
            (i >> 16) as u32,
            i as u16,
            rng.random::<u64>() >> 16,
        )?;
    }
    out.flush()?;
    Ok(path)
}

/// Moment of the i-th record: working days from 7 to 23 h UTC, 45,454 records a day.
fn office_millis(i: u64) -> i64 {
    const PER_DAY: u64 = 45_454;
    let (day, within) = ((i / PER_DAY) as i64, (i % PER_DAY) as i64);
    let calendar_day = day / 5 * 7 + day % 5 + 4;
    calendar_day * 86_400_000 + 7 * 3_600_000 + within * 57_600_000 / PER_DAY as i64
}

/// Somebody at a location where it is between 9 and 17 h.
fn at_work(rng: &mut rand_chacha::ChaCha8Rng, at: i64) -> u32 {
    let hour = at / 3_600_000 % 24;
    let open = [(14..22).contains(&hour), (15..23).contains(&hour), (7..16).contains(&hour)];
    loop {
        let user = rng.random_range(0..USERS);
        if open[user as usize % 3] {
            return user;
        }
    }
}

fn iso(millis: i64) -> String {
    model::finding::format_time(millis)
}
