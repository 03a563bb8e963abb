//! Records per second of matching for 1 to 5,000 call rules on one core, and what a thousand rules cost compared with a hundred.
//!
//! `cargo run -p rules --release --example bench_matching`. Rules are made as text and parsed, as an operator's would be: they
//! differ in direction, class, country, prefix, duration, time of day, names and expressions on texts. Each figure is the best
//! of several runs over the same records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Event, FieldId, Millis, Name, NameTable, Number};
use rules::matching::{Index, Memo, Placeholders, Program, compile};
use rules::sigma::{Document, ParseOptions, parse};
use rules::{Places, World};

const RECORDS: usize = 40_000;
const RUNS: usize = 7;

/// A small generator: the same rules and records in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64) as usize]
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

const COUNTRIES: &[&str] = &[
    "ES", "US", "GB", "FR", "DE", "IT", "PT", "CU", "LV", "SO", "LT", "MV", "GM", "SL", "ZW", "TN", "DZ",
    "MA", "BA", "AL", "EE", "GN", "TD", "PG", "FJ", "WS", "TO", "VU", "NR", "SB", "KI", "BY", "AZ", "GE",
    "AM", "UZ", "TJ", "KG", "LK", "PK",
];
const CLASSES: &[&str] =
    &["national", "mobile", "internal", "international", "premium", "satellite", "toll-free", "short-code"];
const PREFIXES: &[&str] = &[
    "+53", "+371", "+252", "+370", "+960", "+220", "+232", "+263", "+216", "+213", "+212", "+387", "+355",
    "+372", "+224", "+235", "+675", "+679", "+685", "+676", "+678", "+674", "+677", "+686", "+375", "+994",
    "+995", "+374", "+998", "+992", "+1809", "+1876", "+1473", "+1284", "+1664", "+1767", "+8816", "+8817",
    "+8818", "+870", "+34806", "+34807", "+34803", "+979",
];

/// One rule's text.
fn rule(dice: &mut Dice, number: usize) -> String {
    let direction = if dice.percent(85) { "ORIGINATING" } else { "TERMINATING" };
    let mut lines = vec![format!("direction: {direction}")];
    let mut filter = String::new();
    match dice.roll(8) {
        0 => {
            let (a, b) = (dice.one(COUNTRIES), dice.one(COUNTRIES));
            lines.push(format!("called_country: [{a}, {b}]"));
            lines.push(format!("duration|gte: {}", 60 * (1 + dice.roll(120))));
        }
        1 => {
            // A prefix of one's own: three more digits tell thousands of rules apart.
            let prefix = format!("{}{}", dice.one(PREFIXES), dice.roll(1000));
            lines.push(format!("called_number|startswith: ['{prefix}', '{}']", dice.one(PREFIXES)));
        }
        2 => {
            lines.push(format!("called_class: [{}, {}]", dice.one(&CLASSES[3..6]), dice.one(&CLASSES[3..6])));
            lines.push("business_hours: false".to_owned());
            filter = format!("    filter:\n        user_name|startswith: 'Agent {}'\n", dice.roll(100));
        }
        3 => {
            lines.push(format!("user_name: 'Agent {}'", dice.roll(20_000)));
            lines.push(format!("duration|gt: {}", dice.roll(3_600)));
        }
        4 => {
            lines.push(format!("called_class: {}", dice.one(&CLASSES[3..])));
            lines.push(format!("calling_line_id|re: '^(Sales|Desk) [0-9]*{}$'", dice.roll(100)));
        }
        5 => {
            lines.push(format!("called_number: '+34{}'", 600_000_000 + dice.roll(300_000_000)));
        }
        6 => {
            lines.push(format!("location: 'Site {}'", dice.roll(200)));
            lines.push(format!("duration|lt: {}", 1 + dice.roll(10)));
            filter = format!("    filter:\n        called_country: {}\n", dice.one(COUNTRIES));
        }
        _ => {
            lines.push(format!("start_time|hour: [{}, {}]", dice.roll(6), 20 + dice.roll(4)));
            lines.push(format!("called_country|startswith: {}", dice.one(COUNTRIES)));
            lines.push("answered: true".to_owned());
        }
    }
    let condition = if filter.is_empty() { "selection" } else { "selection and not filter" };
    format!(
        "title: Rule {number}\nlogsource:\n    product: webex\n    service: calling\n    category: call\ndetection:\n    \
         selection:\n        {}\n{filter}    condition: {condition}\n",
        lines.join("\n        ")
    )
}

fn programs(count: usize) -> (Vec<Arc<Program>>, Duration) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let texts: Vec<String> = (0..count).map(|number| rule(&mut dice, number)).collect();
    let started = Instant::now();
    let programs = texts
        .iter()
        .flat_map(|text| parse("bench.yml", text.as_bytes(), &ParseOptions::default()).documents)
        .map(|document| match document {
            Document::Rule(rule) => match compile(&rule, &[], &Placeholders::default()) {
                Ok(program) => Arc::new(program),
                Err(wrong) => panic!("{wrong:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect::<Vec<_>>();
    assert_eq!(programs.len(), count, "every rule is one document");
    (programs, started.elapsed())
}

/// Business hours from 8 to 18; no holidays.
struct Office;

impl Places for Office {
    fn is_holiday(&self, _location: Name, _local: Millis) -> bool {
        false
    }

    fn is_business_hour(&self, _location: Name, local: Millis) -> Option<bool> {
        Some((8..18).contains(&(local.rem_euclid(86_400_000) / 3_600_000)))
    }

    fn offset_minutes(&self, _zone: &str, _at: Millis) -> Option<i64> {
        Some(60)
    }
}

/// Mostly ordinary calls: national and internal by day, a few abroad.
fn records(names: &NameTable) -> Vec<Event> {
    let mut dice = Dice(42);
    let name = |text: &str| names.intern(text).unwrap_or(Name::ABSENT);
    (0..RECORDS)
        .map(|at| {
            let mut event = Event::default();
            event.id.0 = at as u128;
            event.set_enum(
                FieldId::direction,
                name(if dice.percent(55) { "ORIGINATING" } else { "TERMINATING" }),
            );
            let (class, country, number) = match dice.roll(100) {
                0..=54 => ("national", "ES", 34_900_000_000 + dice.roll(99_999_999)),
                55..=74 => ("mobile", "ES", 34_600_000_000 + dice.roll(99_999_999)),
                75..=93 => ("internal", "ES", 34_910_000_000 + dice.roll(9_999)),
                94..=98 => {
                    let prefix: u64 = dice.one(PREFIXES)[1..].parse().unwrap_or(1);
                    ("international", dice.one(COUNTRIES), prefix * 10_000_000 + dice.roll(9_999_999))
                }
                _ => (dice.one(&CLASSES[4..]), "ES", 34_806_000_000 + dice.roll(999_999)),
            };
            event.set_enum(FieldId::called_class, name(class));
            event.set_name(FieldId::called_country, name(country));
            event.set_phone(FieldId::called_number, Number::from_e164(number).unwrap_or_default());
            let caller = Number::from_e164(34_910_000_000 + dice.roll(20_000)).unwrap_or_default();
            event.set_phone(FieldId::calling_number, caller);
            event.set_name(FieldId::user_name, name(&format!("Agent {}", dice.roll(20_000))));
            event.set_name(FieldId::location, name(&format!("Site {}", dice.roll(200))));
            let long = dice.roll(300);
            event.set_u32(FieldId::duration, if dice.percent(30) { 0 } else { (long * long / 40) as u32 });
            event.set_bool(FieldId::answered, dice.percent(70));
            let hour = if dice.percent(93) { 7 + dice.roll(12) } else { dice.roll(24) };
            let start = 1_764_028_800_000
                + (dice.roll(20) * 24 + hour) as i64 * 3_600_000
                + dice.roll(3_600_000) as i64;
            event.set_millis(FieldId::start_time, start);
            event.set_int(FieldId::local_offset, 60);
            event.set_text(FieldId::calling_line_id, &format!("Desk {}", dice.roll(5_000)));
            event
        })
        .collect()
}

struct Figures {
    per_record: f64,
    candidates: usize,
    matches: usize,
}

fn measure(index: &mut Index, programs: &[Arc<Program>], records: &[Event], world: &World) -> Figures {
    let (mut memo, mut out) = (Memo::default(), Vec::new());
    let mut best = Duration::MAX;
    let (mut candidates, mut matches) = (0, 0);
    if std::env::var_os("SPLIT").is_some() {
        for record in records {
            index.candidates(record, world, &mut out);
        }
        let started = Instant::now();
        for record in records {
            index.candidates(record, world, &mut out);
        }
        println!(
            "      candidates alone {:.1} ns",
            started.elapsed().as_nanos() as f64 / records.len() as f64
        );
    }
    for _ in 0..RUNS {
        (candidates, matches) = (0, 0);
        let started = Instant::now();
        for record in records {
            index.candidates(record, world, &mut out);
            candidates += out.len();
            for at in &out {
                matches += usize::from(programs[*at as usize].matches(record, world, &mut memo));
            }
        }
        best = best.min(started.elapsed());
    }
    Figures { per_record: best.as_nanos() as f64 / records.len() as f64, candidates, matches }
}

fn main() {
    let world = World { names: Arc::new(NameTable::default()), places: Arc::new(Office) };
    let records = records(&world.names);
    println!(
        "rules | records/s | ns/record | candidates/record | matches/record | parse+compile ms | index ms"
    );
    let mut of_hundred = 0.0;
    for count in [1, 10, 100, 1_000, 5_000] {
        let (programs, compiled) = programs(count);
        let started = Instant::now();
        let mut index = Index::new(&programs);
        let indexed = started.elapsed();
        let figures = measure(&mut index, &programs, &records, &world);
        let per = |n: usize| n as f64 / records.len() as f64;
        println!(
            "{count:>5} | {:>9.0} | {:>9.1} | {:>17.3} | {:>14.4} | {:>16.1} | {:>8.1}",
            1e9 / figures.per_record,
            figures.per_record,
            per(figures.candidates),
            per(figures.matches),
            compiled.as_secs_f64() * 1e3,
            indexed.as_secs_f64() * 1e3
        );
        match count {
            100 => of_hundred = figures.per_record,
            c if c > 100 => println!("      {c} rules cost {:.2} × of 100", figures.per_record / of_hundred),
            _ => {}
        }
        if count == 100 {
            let mut memo = Memo::default();
            let mut all = 0;
            let started = Instant::now();
            for record in &records {
                all += programs.iter().filter(|p| p.matches(record, &world, &mut memo)).count();
            }
            let each = started.elapsed().as_nanos() as f64 / records.len() as f64;
            assert_eq!(all, figures.matches, "the index misses nothing");
            println!(
                "      without the index: {each:.1} ns/record, {:.1} × as much",
                each / figures.per_record
            );
        }
    }
}
