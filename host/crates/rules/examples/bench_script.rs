//! What a `when` costs, beside Rhai as one would use it at first: a new scope with every field for each record.
//!
//! `cargo run --release -p rules --example bench_script`; all sides run interleaved in one process on the same record.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::fields::FieldType;
use model::{Event, FieldId, Millis, Name, NameTable, Number, RecordId};
use rhai::{AST, Dynamic, Engine, Scope};
use rules::Span;
use rules::record::{Field, Places, World};
use rules::script::{Scripts, When};
use rules::sigma::ZoneBy;
use rules::window::{Datum, Entry, Predicate};

/// Evaluations of a side in a row, and how often the sides take turns; the best turn counts.
const BATCH: u32 = 2_000;
const TURNS: usize = 40;

struct Everywhere;

impl Places for Everywhere {
    fn is_holiday(&self, _: Name, _: Millis) -> bool {
        false
    }

    fn is_business_hour(&self, _: Name, _: Millis) -> Option<bool> {
        Some(true)
    }

    fn offset_minutes(&self, _: &str, _: Millis) -> Option<i64> {
        Some(60)
    }
}

fn call(names: &NameTable) -> Event {
    let mut event = Event::default();
    event.set_millis(FieldId::start_time, 1_795_465_800_000);
    event.set_int(FieldId::local_offset, 60);
    event.set_u32(FieldId::duration, 5_400);
    event.set_bool(FieldId::answered, true);
    event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
    event.set_enum(FieldId::called_class, Name::known("international"));
    event.set_name(FieldId::called_country, Name::known("CU"));
    event.set_name(FieldId::country, Name::known("ES"));
    event.set_name(FieldId::location, names.intern("Madrid").expect("room"));
    event.set_name(FieldId::user, names.intern("3f2b0c1e-user").expect("room"));
    event.set_phone(FieldId::called_number, Number::from_e164(5_355_512_345).expect("a number"));
    event.set_phone(FieldId::calling_number, Number::from_e164(34_911_234_567).expect("a number"));
    event.set_text(FieldId::calling_line_id, "Ana García");
    event
}

/// Every field by its name, as texts and numbers.
fn plain(engine: &Engine, ast: &AST, event: &Event, names: &NameTable) -> bool {
    let mut scope = Scope::new();
    for field in FieldId::all() {
        let (slot, id) = (event.slot(field.id), field.id);
        let value = match field.ty {
            _ if !event.has(id) && field.ty != FieldType::Bool => Dynamic::UNIT,
            FieldType::Bool => (slot != 0).into(),
            FieldType::U32 | FieldType::Int | FieldType::Millis => (slot as i64).into(),
            FieldType::Float => f64::from_bits(slot).into(),
            FieldType::Enum | FieldType::Name => {
                names.resolve(Name(slot as u32)).map_or(Dynamic::UNIT, |text| text.to_string().into())
            }
            FieldType::Phone => Number(slot).to_string().into(),
            FieldType::Text => event.text(id).to_owned().into(),
            FieldType::Id => event.id.to_string().into(),
        };
        scope.push_dynamic(field.name, value);
    }
    engine.eval_ast_with_scope(&mut scope, ast).expect("it runs")
}

/// A name, and what it does.
type Side<'a> = (&'static str, Box<dyn FnMut() + 'a>);

fn best(sides: &mut [Side<'_>]) -> Vec<Duration> {
    let mut best = vec![Duration::MAX; sides.len()];
    for _ in 0..TURNS {
        for (side, best) in sides.iter_mut().zip(&mut best) {
            let begun = Instant::now();
            (0..BATCH).for_each(|_| (side.1)());
            *best = (*best).min(begun.elapsed() / BATCH);
        }
    }
    best
}

fn main() {
    let world = World { names: Arc::new(NameTable::default()), places: Arc::new(Everywhere) };
    let event = call(&world.names);
    let (scripts, _) = Scripts::new(&[("calls".to_owned(), "fn is_long(m) { m > 60 }".to_owned())]);
    let span = Span { line: 1, column: 1, len: 1 };
    let when = |source: &str| -> When {
        scripts.when("bench.yml", source, span, &ZoneBy::Location).unwrap_or_else(|e| panic!("{e:?}"))
    };
    let four = "duration > 3600 && called_country == \"CU\" && answered && called_class in [\"premium\", \"international\"]";
    let ours = when(four);
    let helpers = when(
        "minutes > 60 && prefix(called_number, \"+53\") && local_between(\"20:00\", \"06:00\") && !holiday",
    );
    let names = when(
        "location == \"Madrid\" && user != \"nobody\" && called_number == \"+5355512345\" && minutes > 60",
    );
    let first = when("minutes > 600 && location == \"Madrid\" && user != \"nobody\" && answered");
    let library = when("calls::is_long(minutes)");
    let engine = Engine::new();
    let ast = engine.compile(four).expect("it parses");
    assert!(plain(&engine, &ast, &event, &world.names));
    assert_eq!(ours.holds(&event, &world), Ok(true));
    let run = |when: &When| drop(black_box(when.holds(black_box(&event), &world)));
    let mut sides: Vec<Side<'_>> = vec![
        (
            "plain Rhai, all fields in a new scope",
            Box::new(|| _ = black_box(plain(&engine, &ast, &event, &world.names))),
        ),
        ("the same four clauses here", Box::new(|| run(&ours))),
        ("four clauses with helpers", Box::new(|| run(&helpers))),
        ("four clauses with names and a number", Box::new(|| run(&names))),
        ("first clause false", Box::new(|| run(&first))),
        ("a function of the library", Box::new(|| run(&library))),
    ];
    let times = best(&mut sides);
    for ((name, _), time) in sides.iter().zip(&times) {
        let ratio = times[0].as_secs_f64() / time.as_secs_f64();
        println!("{name:<40} {:>8.0} ns   {ratio:>6.1} x faster than plain", time.as_secs_f64() * 1e9);
    }
    windows(&scripts, &world, span);
}

/// Every entry of a full cell judged once.
fn windows(scripts: &Scripts, world: &World, span: Span) {
    let columns = [Field::Table(FieldId::called_number), Field::Table(FieldId::duration)];
    let entries: Vec<Entry> = (0..16_384u64)
        .map(|n| {
            let number = Number::from_e164(5_355_500_000 + n % 500).expect("a number");
            let columns = Box::new([Datum::Phone(number.0), Datum::Int(60)]);
            Entry { time: n as i64 * 1_000, id: RecordId(n.into()), leaf: 0, report: 0, columns }
        })
        .collect();
    let source =
        "count(\"1h\") > 9 && distinct(\"called_number\", \"1h\") > 400 && sum(\"duration\", \"1h\") > 600";
    let when = scripts.when("bench.yml", source, span, &ZoneBy::Location).unwrap_or_else(|e| panic!("{e:?}"));
    let predicate = when.predicate(&columns, world);
    let begun = Instant::now();
    let held = (0..entries.len()).filter(|at| predicate.holds(&entries, *at) == Ok(true)).count();
    let each = begun.elapsed() / entries.len() as u32;
    println!("three windows over {} entries: {held} hold, {} ns each", entries.len(), each.as_nanos());
}
