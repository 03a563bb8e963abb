//! What must hold of rules whatever their text is: shared by the fuzz targets and by `host/crates/rules/tests/mutations.rs`.

use std::sync::Arc;

use model::{Event, FieldId, Millis, Name, NameTable, Number, RecordId};
use rules::matching::{compile, compile_open};
use rules::script::{Facts, Scripts};
use rules::sigma::{Document, ParseOptions, Strictness, ZoneBy, parse};
use rules::{
    Diagnostic, Evaluator, File, LoadOptions, Output, Placeholders, Places, Share, Span, World, load,
};

struct Somewhere;

impl Places for Somewhere {
    fn is_holiday(&self, _: Name, local: Millis) -> bool {
        local % 2 == 0
    }

    fn is_business_hour(&self, _: Name, local: Millis) -> Option<bool> {
        (local % 3 > 0).then_some(local % 3 == 1)
    }

    fn offset_minutes(&self, zone: &str, _: Millis) -> Option<i64> {
        zone.contains('/').then_some(60)
    }
}

fn world() -> World {
    World { names: Arc::new(NameTable::default()), places: Arc::new(Somewhere) }
}

fn placeholders() -> Placeholders {
    [("lines", vec!["+34911234567".to_owned(), "a*".to_owned()])].into_iter().collect()
}

/// Calls of one user to Cuba, one a minute.
fn events(world: &World) -> Vec<Event> {
    let name = |text: &str| world.names.intern(text).expect("room");
    (0..6)
        .map(|n| {
            let mut event = Event::default();
            event.id = RecordId(n);
            event.set_millis(FieldId::start_time, 1_795_392_000_000 + n as i64 * 60_000);
            event.set_millis(FieldId::report_time, 1_795_392_000_000 + n as i64 * 60_000 + 5);
            event.set_int(FieldId::local_offset, 60);
            event.set_u32(FieldId::duration, n as u32 * 700);
            event.set_bool(FieldId::answered, n != 1);
            event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
            event.set_enum(FieldId::called_class, Name::known("international"));
            event.set_name(FieldId::called_country, Name::known("CU"));
            event.set_name(FieldId::country, Name::known("ES"));
            event.set_name(FieldId::location, name("Madrid"));
            event.set_name(FieldId::user, name("u-1"));
            event.set_phone(
                FieldId::called_number,
                Number::from_e164(5_355_512_340 + n as u64).expect("a number"),
            );
            event.set_text(FieldId::calling_line_id, "Ana * \u{1b}[0m ñ");
            event
        })
        .collect()
}

/// Places lie in the text and can be shown.
fn shown(found: &[Diagnostic], text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let lines = rules::diagnostic::lines(&text).count() as u32 + 1;
    for diagnostic in found {
        let Span { line, column, .. } = diagnostic.span;
        assert!(line <= lines, "line {line} of {lines}: {}", diagnostic.message);
        assert!(line == 0 || column > 0, "column 0: {}", diagnostic.message);
        assert!(!diagnostic.message.is_empty());
        let excerpt = diagnostic.excerpt(&text);
        assert!(!excerpt.contains('\u{1b}'), "a terminal would obey: {excerpt:?}");
    }
}

/// Parses and compiles, both as a rule of ours and as somebody else's; the same text says the same again.
pub fn document(data: &[u8]) {
    for strictness in [Strictness::Ours, Strictness::Foreign] {
        let options = ParseOptions { strictness };
        let parsed = parse("a.yml", data, &options);
        shown(&parsed.diagnostics, data);
        let again = parse("a.yml", data, &options);
        assert_eq!(parsed.diagnostics, again.diagnostics);
        assert_eq!(parsed.documents.len(), again.documents.len());
        for document in &parsed.documents {
            let Document::Rule(rule) = document else { continue };
            match compile(rule, &[], &placeholders()) {
                Ok(program) => assert!(program.kinds().len() == 4),
                Err(found) => shown(&found, data),
            }
            match compile_open(rule, &[], &placeholders()) {
                Ok(program) => {
                    program.matches(
                        &serde_json::json!({"a": "text", "b": 7, "c": null, "d": [1, "x"], "e": {"f": true}}),
                    );
                }
                Err(found) => shown(&found, data),
            }
        }
    }
}

/// A condition over four searches.
pub fn condition(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let quoted = serde_json::to_string(&text).expect("a text");
    document(
        format!(
            "title: t\nlogsource: {{product: webex}}\ndetection:\n  a: {{duration: 1}}\n  sel_b: {{duration: 2}}\n  \
             sel_c: [\"x\"]\n  _d: {{answered: true}}\n  condition: {quoted}\n"
        )
        .as_bytes(),
    );
}

/// A script as `when`, as `severity` and as a library: it is refused, or it ends, and says the same again.
pub fn script(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let world = world();
    let library = [("calls".to_owned(), text.clone().into_owned())];
    let (_, found) = Scripts::new(&library);
    shown(&found, data);
    let (scripts, _) = Scripts::new(&[("calls".to_owned(), "fn is_long(m) { m > 60 }".to_owned())]);
    let begin = Span { line: 1, column: 1, len: 1 };
    match scripts.when("a.yml", &text, begin, &ZoneBy::Location) {
        Ok(when) => {
            for event in events(&world) {
                let held = when.holds(&event, &world);
                let again = when.holds(&event, &world);
                // A clock may end the one and not the other.
                let is_late = |held: &Result<bool, rules::script::ScriptError>| {
                    held.as_ref().is_err_and(|error| error.message.contains("too long"))
                };
                assert!(held == again || is_late(&held) || is_late(&again), "{held:?} {again:?}");
                if let Err(error) = held {
                    assert!(!error.to_string().contains("Ana"), "{error}");
                }
            }
        }
        Err(found) => {
            assert!(!found.is_empty());
            shown(&found, data);
        }
    }
    match scripts.severity("a.yml", &text, begin) {
        Ok(script) => {
            let facts =
                Facts { count: 3, value: 2.5, firings: 1, first: 0, last: 60_000, columns: &[], values: &[] };
            assert_eq!(script.of(&facts, &world), script.of(&facts, &world));
        }
        Err(found) => shown(&found, data),
    }
}

/// Files, separated by lines of `=====`, as a set: loading again gives the same, and a flood of records goes through it.
pub fn set(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let files: Vec<File> = text
        .split("\n=====\n")
        .enumerate()
        .map(|(n, text)| File { name: format!("{n}.yml"), text: text.as_bytes().into() })
        .collect();
    let libs = [File { name: "lib/calls.rhai".to_owned(), text: (*b"fn is_long(m) { m > 60 }").into() }];
    let options = LoadOptions { placeholders: placeholders(), ..LoadOptions::default() };
    let loaded = load(&files, &libs, &options);
    let again = load(&files, &libs, &options);
    assert_eq!(loaded.diagnostics, again.diagnostics);
    let digests = |set: &rules::RuleSet| -> Vec<(String, String)> {
        set.plans().iter().map(|plan| (plan.name.clone(), plan.digest.clone())).collect()
    };
    assert_eq!(digests(&loaded.set), digests(&again.set));
    for diagnostic in &loaded.diagnostics {
        if let Some(file) = files.iter().find(|file| file.name == diagnostic.file) {
            shown(std::slice::from_ref(diagnostic), &file.text);
        }
    }
    let world = world();
    let run = |backwards: bool| {
        let mut evaluator = Evaluator::new(loaded.set.clone(), world.clone(), Share::ALL);
        let mut events = events(&world);
        if backwards {
            events.reverse();
        }
        for event in &events {
            evaluator.take(event, 0);
        }
        let wanted = evaluator.keys_wanted().len();
        evaluator.settle(vec![None; wanted]).expect("nothing stored");
        let step = evaluator.checkpoint();
        for failure in &step.failures {
            assert!(!failure.message.contains("Ana"), "{}", failure.message);
        }
        let mut said: Vec<String> = step
            .outputs
            .iter()
            .map(|output| match output {
                Output::Raise(raised) => format!("{} {}", raised.finding.id, raised.finding.severity),
                Output::Withdraw { id } => id.clone(),
            })
            .collect();
        said.sort();
        (said, step.failures.is_empty())
    };
    let ((forth, is_fine), (back, _)) = (run(false), run(true));
    assert!(forth == back || !is_fine, "{forth:?} {back:?}");
}
