//! Records per second, ours and theirs, on the same call records in one run on one core.
//!
//! `make oracle-bench`. Ours takes records through the whole evaluator: matching, groups, windows, checkpoints with encoded
//! state every 8,192 records. Theirs gets JSON that is parsed already, and of its settings the fastest.

use std::collections::BTreeMap;
use std::time::Instant;

use model::{Event, Millis};
use oracle::calls::{Call, world};
use oracle::sample::Dice;
use rsigma_eval::{CorrelationConfig, CorrelationEngine, Engine, JsonEvent};
use rsigma_parser::parse_sigma_yaml;
use rules::{Evaluator, File, LoadOptions, Share, World, load};
use serde_json::Value;

const RECORDS: usize = 200_000;
const CHECKPOINT: usize = 8_192;
const ROUNDS: usize = 5;

const RARE: &[&str] = &[
    "CU", "LV", "SO", "GN", "MV", "TD", "SL", "GM", "BY", "TN", "DZ", "MA", "NR", "TV", "KI", "PW", "ER",
    "ET", "HT", "JM", "DO", "AZ", "AM", "GE", "LT", "EE", "BA", "RS", "AL", "MK", "ZW", "CG", "CD", "BI",
    "MG", "KM", "PG", "SB", "VU", "ST",
];
const USUAL: &[&str] = &["US", "ES", "DE", "FR", "GB"];
const PREFIXES: &[&str] = &[
    "1", "34", "49", "33", "44", "53", "371", "252", "224", "960", "235", "232", "220", "375", "216", "213",
    "212", "674",
];

/// Calls, one in so many to a country that the rules ask about.
fn calls(rare_in: usize) -> Vec<Call> {
    let mut dice = Dice(7);
    (0..RECORDS)
        .map(|number| {
            let rare = dice.one_in(rare_in);
            let country = if rare { *dice.pick(RARE) } else { *dice.pick(USUAL) };
            let prefix = if rare { PREFIXES[5 + dice.below(13)] } else { PREFIXES[dice.below(5)] };
            let digits: u64 = format!("{prefix}{:08}", dice.next() % 100_000_000).parse().unwrap_or(1);
            Call {
                id: number as u128 + 1,
                at: 1_772_443_800 + number as i64,
                user: format!("user-{:04}", dice.below(500)),
                location: format!("site {}", dice.below(40)),
                called_country: country,
                user_type: *dice.pick::<&str>(&[
                    "User",
                    "User",
                    "User",
                    "Place",
                    "HuntGroup",
                    "AutomatedAttendantVideo",
                ]),
                called: digits,
                duration: if dice.one_in(100) {
                    600 + dice.below(6_000) as u32
                } else {
                    1 + dice.below(400) as u32
                },
                business: !dice.one_in(4),
            }
        })
        .collect()
}

/// Rules as people write them for calls: a prefix, countries, thresholds, kinds of users, business hours (as a plain field,
/// which both can read).
fn rules(count: usize, when: &str) -> String {
    let mut dice = Dice(11);
    let mut documents = Vec::with_capacity(count);
    for number in 0..count {
        let (a, b) = (dice.pick(RARE), dice.pick(RARE));
        let prefix = format!("+{}{}", PREFIXES[5 + dice.below(13)], dice.below(100));
        let site = dice.below(40);
        let detection = match number % 5 {
            0 => format!(
                "{{called_number|startswith: '{prefix}', duration|gte: {}}}, condition: s",
                30 + dice.below(300)
            ),
            1 => format!("{{called_country: [{a}, {b}], user_type: Place}}, condition: s"),
            2 => format!(
                "{{called_country: {a}, answered: false}}, f: {{user_type: User}}, condition: s and not f"
            ),
            3 => format!(
                "{{called_number|startswith: ['{prefix}1', '{prefix}5', '{prefix}9']}}, f: {{duration|lt: 10}}, condition: s and not f"
            ),
            _ => format!(
                "{{location: 'site {site}', called_country: [{a}, {b}], answered: true}}, condition: s"
            ),
        };
        documents.push(format!(
            "title: Rule {number}\nname: rule_{number}\nid: {number:08x}-db24-4c78-a860-b4f4095a7095\n\
             logsource: {{product: webex, service: calling, category: call}}\ndetection: {{s: {detection}}}\nlevel: high\n{when}"
        ));
    }
    documents.join("---\n")
}

struct Ours {
    evaluator: Evaluator,
    state: BTreeMap<String, Vec<u8>>,
    /// Time in matching, in seconds; the rest goes into cells, findings and state.
    matching: f64,
}

impl Ours {
    fn new(text: &str, world: &World) -> Ours {
        let file = File { name: "rules.yml".to_owned(), text: text.as_bytes().into() };
        let loaded = load(&[file], &[], &LoadOptions::default());
        let wrong: Vec<_> = loaded.diagnostics.iter().filter(|d| d.is_error()).take(3).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        Ours {
            evaluator: Evaluator::new(loaded.set, world.clone(), Share::ALL),
            state: BTreeMap::new(),
            matching: 0.0,
        }
    }

    /// Records and findings.
    fn run(&mut self, events: &[Event]) -> usize {
        let mut said = 0;
        let mut watermark: Millis = 0;
        for batch in events.chunks(CHECKPOINT) {
            let begun = Instant::now();
            for event in batch {
                self.evaluator.take(event, watermark);
                watermark = event.slot(model::FieldId::start_time) as i64;
            }
            self.matching += begun.elapsed().as_secs_f64();
            let values =
                self.evaluator.keys_wanted().iter().map(|key| self.state.get(key).cloned()).collect();
            if let Err(fault) = self.evaluator.settle(values) {
                panic!("{fault}");
            }
            let step = self.evaluator.checkpoint();
            for (key, value) in step.state {
                match value {
                    Some(value) => drop(self.state.insert(key, value)),
                    None => drop(self.state.remove(&key)),
                }
            }
            said += step.outputs.len();
        }
        said
    }

    fn matched(&self) -> u64 {
        self.evaluator.costs().iter().map(|cost| cost.matched).sum()
    }
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    bloom: bool,
    cross: bool,
}

fn theirs(text: &str, settings: Settings) -> Engine {
    let collection = parse_sigma_yaml(text).unwrap_or_else(|e| panic!("{e}"));
    assert!(collection.errors.is_empty(), "{:?}", collection.errors);
    let mut engine = Engine::new();
    engine.set_bloom_prefilter(settings.bloom);
    engine.set_cross_rule_ac(settings.cross);
    engine.add_collection(&collection).unwrap_or_else(|e| panic!("{e}"));
    engine
}

fn run_theirs(engine: &Engine, events: &[Value]) -> usize {
    events.iter().map(|event| engine.evaluate(&JsonEvent::borrow(event)).len()).sum()
}

/// Records per second of one run, by the processor's time of this thread: others on the machine do not count.
fn rate(count: usize, run: impl FnOnce()) -> f64 {
    let (begun, wall) = (processor(), Instant::now());
    run();
    let seconds = match (begun, processor()) {
        (Some(begun), Some(ended)) if ended > begun => ended - begun,
        _ => wall.elapsed().as_secs_f64(),
    };
    count as f64 / seconds
}

/// Seconds that this thread has run, where the system tells.
fn processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn main() {
    println!("{RECORDS} call records, {ROUNDS} rounds, turns alternating, medians; one core, no threads");
    for rare_in in [200, 50] {
        let world = world();
        let calls = calls(rare_in);
        let events: Vec<Event> = calls.iter().map(|call| call.event(&world)).collect();
        let json: Vec<Value> = calls.iter().map(Call::json).collect();
        println!("one call in {rare_in} goes to a country that the rules ask about:");
        stateless(&world, &events, &json);
        when(&world, &events);
        if rare_in == 200 {
            correlations(&world, &events, &json);
        }
    }
}

fn stateless(world: &World, events: &[Event], json: &[Value]) {
    let all = [
        Settings { bloom: false, cross: false },
        Settings { bloom: true, cross: false },
        Settings { bloom: false, cross: true },
        Settings { bloom: true, cross: true },
    ];
    let mut ours_by_count = Vec::new();
    for count in [1, 100, 1_000] {
        let text = rules(count, "");
        let tried = &json[..RECORDS / 10];
        let best = all
            .into_iter()
            .map(|settings| {
                let engine = theirs(&text, settings);
                run_theirs(&engine, &tried[..1_000]);
                (settings, rate(tried.len(), || drop(std::hint::black_box(run_theirs(&engine, tried)))))
            })
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(all[0], |(settings, _)| settings);
        let engine = theirs(&text, best);
        let (mut ours, mut them) = (Vec::new(), Vec::new());
        let (mut matched, mut they_matched, mut said, mut matching) = (0, 0, 0, 0.0);
        for _ in 0..ROUNDS {
            let mut evaluator = Ours::new(&text, world);
            ours.push(rate(events.len(), || said = evaluator.run(events)));
            matched = evaluator.matched();
            matching = evaluator.matching * 1e9 / events.len() as f64;
            them.push(rate(json.len(), || they_matched = run_theirs(&engine, json)));
        }
        assert_eq!(matched, they_matched as u64, "both match the same");
        let (ours, them) = (median(ours), median(them));
        println!(
            "{count:>5} rules: ours {ours:>12.0} records/s, theirs {them:>12.0} records/s ({best:?}): {:.1} ×; {matched} matches, {said} findings told; {matching:.0} ns of ours in matching",
            ours / them
        );
        ours_by_count.push(ours);
    }
    println!("1,000 rules cost {:.2} × of 100, ours", ours_by_count[1] / ours_by_count[2]);
}

/// What `when:` costs where the declarative part rarely matches.
fn when(world: &World, events: &[Event]) {
    let (plain, scripted) = (rules(100, ""), rules(100, "ringfence: {when: 'duration > 3 && answered'}\n"));
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..4 * ROUNDS {
        let one = |text: &str| {
            let mut evaluator = Ours::new(text, world);
            rate(events.len(), || drop(std::hint::black_box(evaluator.run(events))))
        };
        if round % 2 == 0 {
            without.push(one(&plain));
            with.push(one(&scripted));
        } else {
            with.push(one(&scripted));
            without.push(one(&plain));
        }
    }
    let (without, with) = (median(without), median(with));
    println!(
        "100 rules with when: {with:.0} records/s, without {without:.0} records/s: {:+.2} %",
        (without / with - 1.0) * 100.0
    );
}

fn correlations(world: &World, events: &[Event], json: &[Value]) {
    let base = "title: Call\nname: call\nid: 6f3e2987-db24-4c78-a860-b4f4095a7095\n\
                logsource: {product: webex, service: calling, category: call}\n\
                detection: {s: {event: call}, condition: s}\n---\n";
    let counted = format!(
        "{base}title: Many\nname: many\nid: 7f3e2987-db24-4c78-a860-b4f4095a7095\ncorrelation: {{type: event_count, rules: [call], group-by: [user], timespan: 1h, condition: {{gte: 100}}}}\n"
    );
    let valued = format!(
        "{base}title: Wide\nname: wide\nid: 7f3e2987-db24-4c78-a860-b4f4095a7095\ncorrelation: {{type: value_count, rules: [call], group-by: [event], timespan: 30m, condition: {{field: called_number, gte: 100000}}}}\n"
    );
    for (what, text, count) in [
        ("event_count, 500 groups", &counted, RECORDS),
        ("value_count, 1,800 distinct in the window", &valued, 20_000),
    ] {
        let (mut ours, mut them) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let mut evaluator = Ours::new(text, world);
            ours.push(rate(count, || drop(std::hint::black_box(evaluator.run(&events[..count])))));
            let collection = parse_sigma_yaml(text).unwrap_or_else(|e| panic!("{e}"));
            let config = CorrelationConfig { emit_detections: false, ..CorrelationConfig::default() };
            let mut engine = CorrelationEngine::new(config);
            engine.add_collection(&collection).unwrap_or_else(|e| panic!("{e}"));
            them.push(rate(count, || {
                for (at, event) in json[..count].iter().enumerate() {
                    let second = 1_772_443_800 + at as i64;
                    std::hint::black_box(engine.process_event_at(&JsonEvent::borrow(event), second));
                }
            }));
        }
        let (ours, them) = (median(ours), median(them));
        println!("{what}: ours {ours:.0} records/s, theirs {them:.0} records/s: {:.1} ×", ours / them);
    }
}
