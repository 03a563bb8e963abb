//! What an attacker, a broken exchange or another clock may put into records: the plugin must take it without failing.
//!
//! Owns the values. Which records carry them follows from their identities, so that it stays so while an input is shrunk.

use model::fields::FieldType;
use model::{Event, FieldId, Millis, NameTable, Number};

use super::super::drive::{Drive, Failed, LATENESS, Plan};
use super::super::traffic::{shift, without};
use super::super::{Lab, Told, compare};
use super::mix;
use crate::plugin::ColumnSource;

/// Records each column is tried on.
const RECORDS: usize = 800;
/// Records with extreme values in one run: fewer than it takes to move the watermark.
const EXTREME_RECORDS: usize = 12;
/// Longest hostile text.
const LONG: usize = 64 << 10;
/// Two weeks each: some ten years.
const JUMP_PERIODS: u32 = 260;

/// Columns that are fields, without the identity, which every record has.
fn columns(lab: &Lab<'_>) -> Vec<FieldId> {
    let fields = lab.plugin.manifest().columns.iter().filter_map(|source| match source {
        ColumnSource::Field(field) => Some(*field),
        ColumnSource::Row => None,
    });
    // Of what kind an event is, it always says.
    fields.filter(|f| !matches!(f, FieldId::record_id | FieldId::event)).collect()
}

/// So many records, from all over the traffic.
fn some(events: &[Event]) -> Vec<Event> {
    let step = events.len().div_ceil(RECORDS).max(1);
    events.iter().step_by(step).cloned().collect()
}

pub(super) fn absent(lab: &Lab<'_>, events: &[Event]) -> Told {
    let some = some(events);
    let columns = columns(lab);
    let run = |events: &[Event], what: &str| {
        lab.run(events, Plan::default()).map(drop).map_err(|Failed(m)| format!("{what} absent: {m}"))
    };
    for field in &columns {
        let changed: Vec<Event> = some.iter().map(|event| without(event, *field)).collect();
        if let Err(reason) = run(&changed, field.field().name) {
            return Told::failed(reason);
        }
    }
    let nothing: Vec<Event> =
        some.iter().map(|event| columns.iter().fold(event.clone(), |e, field| without(&e, *field))).collect();
    match run(&nothing, "every column") {
        Err(reason) => Told::failed(reason),
        Ok(()) => Told::ok().figure("columns", columns.len() as f64),
    }
}

pub(super) fn extremes(lab: &Lab<'_>, events: &[Event]) -> Told {
    let some = some(events);
    let columns = columns(lab);
    // The same records whatever else is in the input.
    let mut chosen: Vec<(u64, usize)> =
        some.iter().enumerate().map(|(i, e)| (mix(lab.options.seed, e.id.0), i)).collect();
    chosen.sort_unstable();
    chosen.truncate(EXTREME_RECORDS);
    let with = |fields: &[FieldId]| {
        let mut changed = some.clone();
        for (turn, (_, index)) in chosen.iter().enumerate() {
            fields.iter().for_each(|field| set_extreme(&mut changed[*index], *field, turn));
        }
        lab.run(&changed, Plan { batch: 64, checkpoint: 2, restart: true, ..Plan::default() })
    };
    for field in &columns {
        if let Err(Failed(reason)) = with(&[*field]) {
            return Told::failed(format!("{} extreme: {reason}", field.field().name));
        }
    }
    match with(&columns) {
        Err(Failed(reason)) => Told::failed(format!("every column extreme: {reason}")),
        Ok(_) => Told::ok().figure("columns", columns.len() as f64),
    }
}

/// Sets one of the type's extreme values, another one each turn.
fn set_extreme(event: &mut Event, field: FieldId, turn: usize) {
    const INTS: [i64; 7] =
        [i64::MAX, i64::MIN, -1, 1, i64::MAX - 1, 253_402_300_799_999, -62_135_596_800_000];
    const FLOATS: [f64; 6] = [f64::MAX, f64::MIN, f64::MIN_POSITIVE, -0.0, 1e308, -1.0];
    const U32S: [u32; 3] = [u32::MAX, 1, i32::MAX as u32];
    let numbers = [
        Number::from_e164(1).unwrap_or_default(),
        Number::from_e164(999_999_999_999_999).unwrap_or_default(),
        Number::from_dialled("*#+*#"),
        Number::from_dialled("sip:nobody@example.invalid;tag=x"),
        Number::from_dialled("000000000000000"),
    ];
    match field.field().ty {
        FieldType::Id | FieldType::Enum | FieldType::Name | FieldType::Text => {}
        FieldType::Bool => event.set_bool(field, turn.is_multiple_of(2)),
        FieldType::U32 => event.set_u32(field, U32S[turn % U32S.len()]),
        FieldType::Int => event.set_int(field, INTS[turn % INTS.len()]),
        FieldType::Millis => event.set_millis(field, INTS[turn % INTS.len()]),
        FieldType::Float => event.set_float(field, FLOATS[turn % FLOATS.len()]),
        FieldType::Phone => event.set_phone(field, numbers[turn % numbers.len()]),
    }
}

/// Each differs, so that names stay apart. NUL is not among them: the host takes it out before a record is stored.
fn hostile_text(turn: u64, long: usize) -> String {
    let shape = match turn % 12 {
        0 => "\u{1b}[2J\u{1b}]0;owned\u{7}".to_owned(),
        1 => "\u{202e}lacol\u{202c} \u{2066}x".to_owned(),
        2 => "a".repeat(long),
        3 => "\\u0000\\xff%00\\x1b\\".to_owned(),
        4 => "'); drop table detector_state; --".to_owned(),
        5 => "{{7*7}} ${7*7} <script>alert(1)</script> %n%s".to_owned(),
        6 => "\r\n\t\u{b}\u{c}\u{85}\u{2028}".to_owned(),
        7 => "e\u{301}\u{301}\u{301} \u{feff}\u{200d}👩‍👩‍👧‍👦".to_owned(),
        8 => "../../../../etc/passwd".to_owned(),
        9 => "ß".repeat(long / 2),
        10 => "null".to_owned(),
        _ => "-1e999".to_owned(),
    };
    format!("{turn}{shape}")
}

pub(super) fn texts(lab: &Lab<'_>, events: &[Event]) -> Told {
    let some = some(events);
    let names = NameTable::restore(lab.traffic.texts.iter().cloned());
    let mut compared = 0;
    let fields: Vec<FieldId> = columns(lab)
        .into_iter()
        .filter(|f| matches!(f.field().ty, FieldType::Name | FieldType::Text | FieldType::Enum))
        .collect();
    if fields.is_empty() {
        return Told::not_applicable("it has no column of names or texts");
    }
    let change = |event: &mut Event, field: FieldId| -> Result<(), Failed> {
        let full = |e: model::names::TooManyNames| Failed(e.to_string());
        // Half of the names, each always the same; half of the texts.
        match field.field().ty {
            FieldType::Text => {
                let dice = mix(lab.options.seed, event.id.0);
                if dice.is_multiple_of(2) {
                    event.set_text(field, &hostile_text(dice >> 8, LONG));
                }
            }
            ty => {
                let handle = event.name(field).0;
                let dice = mix(lab.options.seed, u128::from(handle));
                if handle != 0 && dice.is_multiple_of(2) {
                    let name = names.intern(&hostile_text(dice >> 8, LONG)).map_err(full)?;
                    if ty == FieldType::Enum {
                        event.set_enum(field, name)
                    } else {
                        event.set_name(field, name)
                    }
                }
            }
        }
        Ok(())
    };
    let mut tries: Vec<Vec<FieldId>> = fields.iter().map(|field| vec![*field]).collect();
    tries.push(fields.clone());
    for fields in tries {
        let what = match fields.as_slice() {
            [one] => one.field().name,
            _ => "every text",
        };
        let run = || -> Result<usize, Failed> {
            let mut changed = some.clone();
            for event in &mut changed {
                fields.iter().try_for_each(|field| change(event, *field))?;
            }
            let texts: Vec<String> = names.since(0).into_iter().map(|(_, text)| text.to_string()).collect();
            let plan = Plan { batch: 64, checkpoint: 2, restart: true, ..Plan::default() };
            Ok(lab.run_with(&changed, &texts, plan)?.findings.len())
        };
        match run() {
            Err(Failed(reason)) => return Told::failed(format!("{what} hostile: {reason}")),
            Ok(findings) => compared += findings,
        }
    }
    Told::ok().figure("columns", fields.len() as f64).figure("findings", compared as f64)
}

/// The second half comes ten years later, once after the horizon was said to be there and once without.
pub(super) fn horizon(lab: &Lab<'_>, events: &[Event]) -> Told {
    let (first, second) = events.split_at(events.len() / 2);
    let mut later = second.to_vec();
    shift(&mut later, JUMP_PERIODS);
    let Some(earliest) = later.iter().map(|e| e.int(FieldId::start_time)).min() else {
        return Told::ok().compared(0);
    };
    let run = |jumps: &[Millis]| {
        let mut drive = Drive::start(lab, &lab.traffic.texts, Plan::default())?;
        drive.feed(first)?;
        drive.settle()?;
        jumps.iter().try_for_each(|at| drive.call_empty(*at))?;
        drive.feed(&later)?;
        let mut run = drive.finish()?;
        // What depends on where the host cuts is another check's.
        run.transcript.clear();
        Ok(run)
    };
    let jump = earliest.saturating_sub(LATENESS);
    let (slow, fast) = match (run(&[]), run(&[jump / 2, jump, jump])) {
        (Ok(slow), Ok(fast)) => (slow, fast),
        (Err(Failed(reason)), _) => return Told::failed(format!("ten years without records: {reason}")),
        (_, Err(Failed(reason))) => {
            return Told::failed(format!("the horizon jumped by ten years: {reason}"));
        }
    };
    match compare::difference(&slow.findings, &fast.findings, "the horizon jumped by ten years") {
        Some(difference) => Told::failed(difference).compared(slow.findings.len()),
        None => far_future(lab, first).unwrap_or_else(|| Told::ok().compared(slow.findings.len())),
    }
}

/// A horizon beyond every record must not end in a failure.
fn far_future(lab: &Lab<'_>, events: &[Event]) -> Option<Told> {
    let run = || {
        let mut drive = Drive::start(lab, &lab.traffic.texts, Plan::default())?;
        drive.feed(events)?;
        drive.settle()?;
        drive.call_empty(Millis::MAX)?;
        drive.finish()
    };
    run().err().map(|Failed(reason)| Told::failed(format!("the horizon is the end of time: {reason}")))
}
