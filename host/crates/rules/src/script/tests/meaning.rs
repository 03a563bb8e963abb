//! What expressions mean on a record.

use model::{Event, FieldId, FieldSet};

use super::{call, compiled, holds, scripts, table, world};
use crate::script::ErrorKind;
use crate::sigma::ZoneBy;

#[test]
fn fields_are_variables_of_their_type() {
    table(&[
        ("minutes > 60", true),
        ("duration == 5400 && minutes == 90", true),
        ("answered && !called_ours", true),
        ("direction == \"ORIGINATING\"", true),
        ("called_class in [\"premium\", \"international\"]", true),
        ("called_country == \"CU\" || called_country == \"LV\"", true),
        ("called_country in [\"LV\", \"EE\"]", false),
        ("!(called_country in [\"LV\", \"EE\"])", true),
        ("called_country !in [\"LV\", \"EE\"]", true),
        ("location == \"Madrid\"", true),
        ("location == \"madrid\"", false),
        ("caller_reputation_score < 2", true),
        ("called_number == \"+5355512345\"", true),
        ("\"+5355512345\" == called_number", true),
        ("called_number != \"+5355512346\"", true),
        ("called_number == calling_number", false),
        ("called_number in [\"+1\", \"+5355512345\"]", true),
        ("dialed_digits == \"0015355512345\"", true),
        ("answer_time - start_time == 60", true),
        ("answer_time > start_time && start_time + 60 == answer_time", true),
        ("ms(start_time) == 1795465800000", true),
        ("record_id == \"00000000-0000-0000-0000-000000000007\"", true),
        ("`${called_number}` == \"+5355512345\"", true),
        ("switch called_country { \"CU\" => true, _ => false }", true),
        ("let n = minutes; if n > 80 { return true; } n > 100", true),
        ("let n = 0; for c in [\"CU\", \"LV\"] { if c == called_country { n += 1; } } n == 1", true),
        ("[1, 2, 3].some(|n| n > 2)", true),
    ]);
}

#[test]
fn derived_variables_follow_the_local_clock() {
    table(&[
        ("local_hour == 21 && local_minute == 1290", true),
        ("local_weekday == \"mon\" && weekday == \"mon\" && !weekend", true),
        ("local_date == \"2026-11-23\"", true),
        ("!holiday && !business_hours && outside_hours", true),
        ("local_between(\"20:00\", \"06:00\")", true),
        ("local_between(\"06:00\", \"20:00\")", false),
        ("local_between(\"21:30\", \"21:31\") && !local_between(\"21:31\", \"21:30\")", true),
        ("local_between(\"00:00\", \"24:00\")", true),
    ]);
    let (world, scripts) = (world(), scripts(&[]));
    let zones = [
        (ZoneBy::Utc, "local_hour == 20"),
        (ZoneBy::Zone("Asia/Tokyo".into()), "local_hour == 5 && weekday == \"tue\""),
        (ZoneBy::Zone("Asia/Tokyo".into()), "local_between(\"20:00\", \"06:00\")"),
        (ZoneBy::Zone("Nowhere".into()), "local_hour == () && !holiday && !outside_hours"),
    ];
    for (zone, source) in zones {
        let when = scripts.when("a.yml", source, super::BEGIN, &zone).unwrap();
        assert_eq!(when.holds(&call(&world), &world), Ok(true), "{zone:?} {source}");
    }
    let christmas = compiled("holiday && local_date == \"2026-12-25\"");
    let mut event = call(&world);
    event.set_millis(FieldId::start_time, super::at(20, 30) + 32 * 86_400_000);
    assert_eq!(christmas.holds(&event, &world), Ok(true));
}

#[test]
fn helpers_know_numbers() {
    table(&[
        ("country(called_number) == \"CU\" && country(calling_number) == \"ES\"", true),
        ("class(called_number) == \"international\"", true),
        ("class(\"+34611234567\") == \"mobile\"", true),
        ("is_international(called_number) && !is_international(calling_number)", true),
        ("is_premium(\"+34803123456\") && !is_premium(called_number)", true),
        ("is_satellite(\"+881612345678\") && !is_satellite(called_number)", true),
        ("is_ours(calling_number) && !is_ours(called_number)", true),
        ("prefix(called_number, \"+53\") && !prefix(called_number, \"+35\")", true),
        ("prefix(called_number, \"53\")", false),
        ("prefix(dialed_digits, \"001\")", true),
        ("has_any_prefix(called_number, [\"+371\", \"+53\"])", true),
        ("has_any_prefix(called_number, [])", false),
        ("called_number.prefix(\"+53\")", true),
        ("npa(\"+18095551234\") == \"809\" && npa(called_number) == ()", true),
        ("starts_with(called_number, \"+53\") && called_number.ends_with(\"345\")", true),
        ("\"555\" in called_number", true),
        ("contains(lower(calling_line_id), \"garc\")", true),
        ("calling_line_id.to_upper() == \"ANA GARCÍA\" && upper(\"a\") == \"A\"", true),
        ("text(called_number).len == 11 && called_number.len == 11", true),
        ("number(\"12\") == 12 && number(\"1.5\") > 1 && number(\"x\") == ()", true),
        ("min(minutes, 10) == 10 && max(1, 2) == 2", true),
        ("present(\"duration\") && absent(\"hold_duration\")", true),
    ]);
}

#[test]
fn an_absent_field_is_not_an_error() {
    let cases = [
        ("minutes > 60", false),
        ("minutes <= 60", false),
        ("duration == 0", false),
        ("duration != 0", true),
        ("duration == ()", true),
        ("duration + 1 > 0", false),
        ("-(duration * 2) < 0", false),
        ("location == \"Madrid\"", false),
        ("location != \"Madrid\"", true),
        ("called_country in [\"CU\"]", false),
        ("called_number == \"+1\"", false),
        ("called_number == calling_number", true),
        ("answered", false),
        ("!answered && !holiday && !outside_hours && !weekend", true),
        ("answer_time > start_time", false),
        ("answer_time - start_time > 1", false),
        ("country(called_number) == \"CU\"", false),
        ("is_premium(called_number) || is_satellite(called_number) || is_ours(called_number)", false),
        ("prefix(called_number, \"+53\") || has_any_prefix(called_number, [\"+53\"])", false),
        ("contains(calling_line_id, \"a\") || starts_with(calling_line_id, \"\")", false),
        ("\"a\" in calling_line_id", false),
        ("lower(calling_line_id) == ()", true),
        ("local_between(\"00:00\", \"24:00\")", false),
        ("local_hour >= 0", false),
        ("text(duration) == \"\"", true),
        ("(duration ?? 7) == 7", true),
    ];
    let world = world();
    for (source, expected) in cases {
        assert_eq!(compiled(source).holds(&Event::default(), &world), Ok(expected), "{source}");
    }
}

#[test]
fn different_types_are_an_error_that_names_both() {
    let dynamic = [
        ("let x = \"60\"; minutes > x", "cannot compare number with text"),
        ("let x = 60; called_number == x", "cannot compare telephone number with number"),
        ("let x = answered; x == \"yes\"", "cannot compare true or false with text"),
        ("let x = start_time; x > 5", "cannot compare time with number"),
        ("let x = called_number; x < \"+5\"", "cannot compare telephone number with text"),
        ("let x = [60]; duration in x || \"a\" in x", "cannot compare number with text"),
        ("let x = answered; x > false", "cannot compare true or false with true or false"),
        ("let x = 5; is_premium(x)", "expected a telephone number, found number"),
        ("let x = 5; contains(x, \"a\")", "expected a text, found number"),
    ];
    for (source, message) in dynamic {
        let error = holds(source).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Type, message), "{source}");
    }
}

#[test]
fn only_what_is_used_is_fetched() {
    let fields = |source: &str| compiled(source).fields();
    let set = |ids: &[FieldId]| ids.iter().copied().collect::<FieldSet>();
    use FieldId::{called_ours, country, duration, elin, local_offset, location, start_time};
    assert_eq!(fields("minutes > 60"), set(&[duration]));
    assert_eq!(fields("true"), FieldSet::NONE);
    assert_eq!(fields("holiday"), set(&[start_time, local_offset, location]));
    assert_eq!(fields("local_between(\"20:00\",\"06:00\")"), set(&[start_time, local_offset]));
    assert!(fields("present(\"elin\") && is_ours(called_number)").contains(elin));
    assert!(fields("is_ours(called_number)").contains(called_ours));
    assert!(fields("class(called_number) == \"mobile\"").contains(country));
    let zone = ZoneBy::Zone("Asia/Tokyo".into());
    let when = scripts(&[]).when("a.yml", "local_hour > 3", super::BEGIN, &zone).unwrap();
    assert_eq!(when.fields(), set(&[start_time]));
}

#[test]
fn nothing_stays_from_one_evaluation_to_the_next() {
    let world = world();
    let when =
        compiled("let seen = 0; seen += 1; fn twice(x) { x * 2 } twice(seen) == 2 && duration == 5400");
    for _ in 0..3 {
        assert_eq!(when.holds(&call(&world), &world), Ok(true));
        assert_eq!(when.holds(&Event::default(), &world), Ok(false));
    }
    // After an error too.
    let when = compiled("if !answered { throw \"no\"; } location == \"Madrid\"");
    for _ in 0..3 {
        assert!(when.holds(&Event::default(), &world).is_err());
        assert_eq!(when.holds(&call(&world), &world), Ok(true));
    }
    // Another table of names gives other texts for the same handle.
    let when = compiled("user == \"u-1\"");
    assert_eq!(when.holds(&call(&world), &world), Ok(true));
    let other = super::world();
    other.names.intern("somebody else").unwrap();
    let mut event = call(&world);
    event.set_name(FieldId::user, other.names.find("somebody else").unwrap());
    assert_eq!(when.holds(&event, &other), Ok(false));
}

#[test]
fn threads_share_a_script() {
    let world = world();
    let when = compiled("minutes > 60 && location == \"Madrid\" && local_between(\"20:00\", \"06:00\")");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (long, none) = (call(&world), Event::default());
                for _ in 0..500 {
                    assert_eq!(when.holds(&long, &world), Ok(true));
                    assert_eq!(when.holds(&none, &world), Ok(false));
                }
            });
        }
    });
}

#[test]
fn modules_are_there_by_name() {
    let library = [
        (
            "calls",
            "fn is_long(minutes) { minutes > limits::LONG } fn at_night() { local_between(\"20:00\", \"06:00\") }",
        ),
        ("limits", "export const LONG = 60; fn both(x) { x > 1 && x < 100 }"),
    ];
    let (world, scripts) = (world(), scripts(&library));
    let when = scripts
        .when(
            "a.yml",
            "calls::is_long(minutes) && limits::both(minutes) && calls::at_night()",
            super::BEGIN,
            &ZoneBy::Location,
        )
        .unwrap();
    assert_eq!(when.holds(&call(&world), &world), Ok(true));
    assert!(when.fields().contains(FieldId::local_offset), "a function of the library asks for local time");
}
