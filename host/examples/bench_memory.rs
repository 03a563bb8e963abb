//! What detectors remember: memory of the four built-in components, per active user.
//!
//! `cargo run --release --example bench_memory [USERS [DAYS [CHECKPOINT_ROWS]]]` (default 200,000 users, 8 days, a checkpoint
//! every 50,000 rows, as in `run`). Every user is active every day with twelve calls. Six of them are incoming, which no detector asks for; the six outgoing ones
//! all go outside, the worst case for mass dialing, most of them in business hours. One user in ten works late every day, and one
//! call in two hundred is an odd one at night. One user in twenty calls abroad twice a day, one in twenty forwards a call
//! a day to a mobile number. One instance per detector, so that everything is in one memory; the horizon is 24 hours back.
//! First without eviction, so far as the default limits go; then with five times the users and the default limits, where memory must stay bounded.
//! Exit code 1 if a limit of issue 3 is missed.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use model::{Event, FieldId, Name, NameTable, Number, RecordId};
use ringfence::config::{Config, Hours, Limits, LocationConfig, PluginConfig, Weekday};
use ringfence::directory::Directory;
use ringfence::plugin::{
    Batch, Instance, Plugin, Runtime, Services, StateChange, StateError, StateReader, builtins,
};
use rustc_hash::FxHashMap;

const BATCH: usize = 512;
const LOCATIONS: u64 = 50;
const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
/// A Monday, 0:00 UTC.
const MONDAY: i64 = 1_772_409_600_000;
/// The limit of issue 3: bytes per active user, all four detectors together.
const MAX_PER_USER: f64 = 1_500.0;
/// Memory with which nothing is evicted: what a component can address.
const ROOM_MIB: usize = 4_095;

/// State as the database would hold it, in the benchmark's own memory, which is not counted.
#[derive(Default)]
struct Kept {
    #[allow(clippy::type_complexity, reason = "detector, subject, value: used once")]
    values: Mutex<FxHashMap<String, FxHashMap<u32, Box<[u8]>>>>,
    /// Nothing is evicted, so nothing need be kept.
    forgetful: bool,
}

impl Kept {
    fn apply(&self, plugin: &str, changes: &[StateChange]) -> usize {
        let bytes = |c: &StateChange| c.value.as_ref().map_or(0, Vec::len);
        if !self.forgetful {
            let mut values = self.values.lock().unwrap();
            let keys = values.entry(plugin.to_owned()).or_default();
            for change in changes {
                keys.insert(handle(&change.key), change.value.as_deref().unwrap_or_default().into());
            }
        }
        changes.iter().map(bytes).sum()
    }
}

fn handle(key: &str) -> u32 {
    key.strip_prefix("u/").unwrap().parse().unwrap()
}

impl StateReader for Kept {
    fn get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        let values = self.values.lock().unwrap();
        Ok(values.get(plugin).and_then(|keys| keys.get(&handle(key))).map(|v| v.to_vec()))
    }
}

/// A detector with what it did.
struct Running {
    plugin: Plugin,
    instance: Instance,
    batch: Batch,
    begin: usize,
    findings: usize,
    keys: usize,
    bytes: usize,
}

/// One call of a day.
struct Leg {
    at: u32,
    user: u32,
    number: u8,
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).filter_map(|a| a.replace('_', "").parse::<u64>().ok());
    let users = args.next().unwrap_or(200_000);
    let days = args.next().unwrap_or(8) as i64;
    let rows = args.next().unwrap_or(50_000) as usize;
    let runtime = Runtime::new(None).unwrap();
    println!("{users} users, {days} days, a checkpoint every {rows} rows, nothing evicted");
    let room = Limits { memory_mib: ROOM_MIB, ..Limits::default() };
    let per_user = measure(&runtime, users, days, rows, room, true);
    println!("all four: {per_user:.0} bytes per active user        limit {MAX_PER_USER}");
    let (users, days) = (5 * users, 3.min(days));
    println!("{users} users, {days} days, the default limit of {} MiB", Limits::default().memory_mib);
    measure(&runtime, users, days, rows, Limits::default(), false);
    ExitCode::from(u8::from(per_user > MAX_PER_USER))
}

/// Bytes of linear memory per user. With the limit exceeded an instance would have failed.
fn measure(runtime: &Runtime, users: u64, days: i64, rows: usize, limits: Limits, forgetful: bool) -> f64 {
    let kept = Arc::new(Kept { forgetful, ..Kept::default() });
    let names = Arc::new(NameTable::default());
    let services = Services { names: names.clone(), directory: Arc::new(directory()), state: kept.clone() };
    let handles: Vec<Name> = (0..users).map(|u| names.intern(&format!("user-{u:07}")).unwrap()).collect();
    let locations: Vec<Name> =
        (0..LOCATIONS).map(|l| names.intern(&format!("location-{l}")).unwrap()).collect();
    let settings = PluginConfig { limits, ..PluginConfig::default() };
    let mut running: Vec<Running> = builtins()
        .iter()
        .map(|builtin| {
            let plugin = runtime.load(builtin.name, builtin.bytes).unwrap();
            let instance = plugin.instantiate(&services, &settings, 1).unwrap();
            let (batch, begin) = (plugin.batch(), instance.memory_bytes());
            Running { plugin, instance, batch, begin, findings: 0, keys: 0, bytes: 0 }
        })
        .collect();
    let mut random = Random(7);
    let mut legs: Vec<Leg> = Vec::with_capacity(users as usize * 6);
    let before = resident();
    let mut at_work = 0;
    for day in 0..days {
        let begun = Instant::now();
        plan(&mut legs, users, day, &mut random);
        for leg in &legs {
            let start = MONDAY + day * DAY + i64::from(leg.at);
            let user = leg.user as usize;
            let event = event(leg, start, handles[user], locations[user % locations.len()], &mut random);
            at_work += 1;
            let last = at_work % rows == 0;
            for one in &mut running {
                one.batch.push(&event);
                if one.batch.rows == BATCH || last {
                    one.batch.horizon = start - DAY;
                    one.findings += one.instance.process(&one.batch).unwrap().len();
                    one.batch.clear();
                }
                if last {
                    let changes = one.instance.checkpoint().unwrap();
                    one.keys += changes.len();
                    one.bytes += kept.apply(one.plugin.id(), &changes);
                    one.instance.committed();
                }
            }
        }
        let total: usize = running.iter().map(|r| r.instance.memory_bytes() - r.begin).sum();
        println!(
            "  day {day}: {:.0} bytes per user, {:.0} MB of linear memory, process grown by {:.0} MB, {:.0} s",
            total as f64 / users as f64,
            total as f64 / 1e6,
            (resident().saturating_sub(before)) as f64 / 1e6,
            begun.elapsed().as_secs_f64()
        );
    }
    for one in &running {
        let grown = one.instance.memory_bytes() - one.begin;
        println!(
            "  {:<20} {:>6.0} bytes per user  {:>5} MiB   {:>7} findings   {:>5.0} bytes per key written",
            one.plugin.id(),
            grown as f64 / users as f64,
            one.instance.memory_bytes() >> 20,
            one.findings,
            one.bytes as f64 / one.keys.max(1) as f64,
        );
    }
    running.iter().map(|r| r.instance.memory_bytes() - r.begin).sum::<usize>() as f64 / users as f64
}

/// The outgoing calls of a day, in order.
fn plan(legs: &mut Vec<Leg>, users: u64, day: i64, random: &mut Random) {
    legs.clear();
    for user in 0..users as u32 {
        for number in 0..6 {
            let late = (number == 5 && user % 10 == 3) || random.below(200) == 0;
            let at = if late {
                20 * HOUR + random.below(4 * HOUR as u64) as i64
            } else {
                9 * HOUR + random.below(9 * HOUR as u64) as i64
            };
            legs.push(Leg { at: at as u32, user, number });
        }
    }
    let _ = day;
    legs.sort_unstable_by_key(|l| l.at);
}

fn event(leg: &Leg, start: i64, user: Name, location: Name, random: &mut Random) -> Event {
    let dice = random.next();
    let seconds = 20 + (dice >> 7) as u32 % 400;
    let abroad = leg.user % 20 == 7 && leg.number < 2;
    let forwards = leg.user % 20 == 11 && leg.number == 2;
    let mut event = Event::default();
    event.id = RecordId((u128::from(dice) << 64) | u128::from(random.next()));
    event.set_millis(FieldId::start_time, start);
    event.set_millis(FieldId::report_time, start + i64::from(seconds) * 1000);
    event.set_name(FieldId::user, user);
    event.set_name(FieldId::location, location);
    event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
    event.set_u32(FieldId::duration, seconds);
    event.set_bool(FieldId::answered, true);
    let (digits, class, country) = if abroad {
        (33_140_000_000 + u64::from(leg.user % 7), "international", "FR")
    } else {
        (34_600_000_000 + dice % 9_000_000, "mobile", "ES")
    };
    event.set_phone(FieldId::called_number, Number::from_e164(digits).unwrap());
    event.set_enum(FieldId::called_class, Name::known(class));
    event.set_enum(FieldId::called_country, Name::known(country));
    if forwards {
        event.set_phone(FieldId::redirecting_number, Number::from_e164(34_911_000_000).unwrap());
        event.set_enum(FieldId::redirect_reason, Name::known("CallForwardAlways"));
    }
    event
}

/// Open from eight to seven, every day.
fn directory() -> Directory {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let hour = |h| chrono::NaiveTime::from_hms_opt(h, 0, 0).unwrap();
    let hours = Hours { days: vec![Mon, Tue, Wed, Thu, Fri, Sat, Sun], from: hour(8), to: hour(19) };
    let location = LocationConfig {
        zone: Some("Etc/UTC".to_owned()),
        business_hours: vec![hours],
        ..LocationConfig::default()
    };
    let locations = (0..LOCATIONS).map(|l| (format!("location-{l}"), location.clone())).collect();
    Directory::from_config(&Config { locations, ..Config::default() })
}

/// Bytes of the process that are in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or("0");
    kib.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or(0) * 1024
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}
