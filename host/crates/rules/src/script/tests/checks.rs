//! What is found before a script runs.

use super::{BEGIN, refused, scripts, when};
use crate::script::Scripts;
use crate::sigma::ZoneBy;

#[test]
fn unknown_names_are_told_all_at_once_with_their_places() {
    let found = when("minuts > 60 && !holidai && contry(called_number) == \"CU\"").unwrap_err();
    let said: Vec<_> =
        found.iter().map(|d| (d.span.column, d.span.len, d.message.as_str(), d.help.as_str())).collect();
    assert_eq!(
        said,
        [
            (10, 6, "there is no field or variable 'minuts'", "did you mean 'minutes'?"),
            (26, 7, "there is no field or variable 'holidai'", "did you mean 'holiday'?"),
        ]
    );
    let (line, column, message, help) = refused("minutes > 60 && contry(called_number) == \"CU\"");
    assert_eq!((line, column, message.as_str()), (5, 26, "there is no function 'contry'"));
    assert_eq!(help, "did you mean 'country'?");
}

#[test]
fn places_in_blocks_are_those_of_the_file() {
    let (line, column, ..) = refused("let a = 1;\nlet b = 2;\n  nothing_there > 3\n");
    assert_eq!((line, column), (7, 12));
    let (line, column, ..) = refused("minutes >\n\n\n");
    assert_eq!((line, column), (5, 19));
}

#[test]
fn wrong_types_are_found_before_the_first_record() {
    let cases = [
        ("minutes > \"60\"", "cannot compare number with text"),
        ("called_number == 112", "cannot compare telephone number with number"),
        ("answered == \"Yes\"", "cannot compare true or false with text"),
        ("start_time > 5", "cannot compare time with number"),
        ("called_number > calling_number", "a telephone number has no order"),
        ("!duration", "'!' needs true or false, not a number"),
        ("duration && answered", "expected true or false, found number"),
        ("if duration { true } else { false }", "expected true or false, found number"),
        ("minutes", "'when' gives number, not true or false"),
        ("called_country", "'when' gives text, not true or false"),
        ("let x = 5;", "'when' gives nothing, not true or false"),
        ("country(duration) == \"CU\"", "'country' needs a telephone number, not a number"),
        ("prefix(called_number)", "'prefix' takes 2 arguments, not 1"),
        ("prefix(called_number, \"Cuba\")", "'Cuba' cannot begin a telephone number"),
        ("local_between(\"20h\", \"06:00\")", "'20h' is not a time of the day"),
        ("local_between(\"24:01\", \"06:00\")", "'24:01' is not a time of the day"),
        ("present(\"durashun\")", "'durashun' is not in the field table"),
        ("let f = \"duration\"; present(f)", "the arguments of 'present' must be written out"),
        ("count(\"1 hour\") > 3", "'1 hour' is not a duration: write it as 90s, 15m, 24h or 7d"),
        ("let w = \"1h\"; count(w) > 3", "the arguments of 'count' must be written out"),
        ("distinct(\"called\", \"1h\") > 3", "'called' is not in the field table"),
        ("called_number.lenth > 3", "a telephone number has no property 'lenth'"),
        ("calling_line_id.contans(\"x\")", "there is no function 'contans'"),
        ("called_country == \"Cuba\"", "'Cuba' is no country's code"),
        ("country(called_number) != \"cu\"", "'cu' is no country's code"),
        ("called_class == \"premum\"", "'premum' is no class of numbers"),
        ("class(called_number) in [\"premium\", \"sattelite\"]", "'sattelite' is no class of numbers"),
        ("let duration = 5; duration > 3", "'duration' is a field"),
        ("duration = 5", "'duration' is a field"),
        ("fn f(x) { duration > x } f(3)", "'duration' is not seen in here"),
        ("fn f(x) { nosuch(x) } f(3)", "there is no function 'nosuch'"),
        ("if false { nosuch(1) } else { true }", "there is no function 'nosuch'"),
        ("cals::is_long(minutes)", "there is no module 'cals'"),
        ("minutes >", "the script ends too early"),
        ("", "the script is empty"),
        ("eval(\"true\")", "'eval' is not allowed in rules"),
        ("print(called_number); true", "'print' is not allowed in rules"),
        ("import \"calls\" as calls; true", "'import' is not needed"),
        ("let f = Fn(\"country\"); true", "'Fn' is not allowed in rules"),
        ("sleep(1); true", "there is no function 'sleep'"),
        ("[3, 1].sort_by(|a, b| 1); true", "there is no function 'sort_by'"),
        ("timestamp() == 1", "there is no function 'timestamp'"),
    ];
    for (source, expected) in cases {
        let (.., message, _) = refused(source);
        assert_eq!(message, expected, "{source}");
    }
}

#[test]
fn a_help_says_what_to_do() {
    assert!(refused("minutes > \"60\"").3.contains("quotation marks"));
    assert_eq!(refused("called_class == \"premum\"").3, "did you mean 'premium'?");
    assert!(refused("duration = 5").3.contains("=="));
    assert!(refused("prefix(called_number)").3.contains("\"+53\""));
}

#[test]
fn libraries_are_checked_too() {
    let broken = |text: &str| {
        let (_, found) = Scripts::new(&[("calls".to_owned(), text.to_owned())]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].file, "calls.rhai");
        (found[0].span.line, found[0].message.clone())
    };
    assert_eq!(broken("fn a(x) {\n  nosuch(x)\n}"), (2, "there is no function 'nosuch'".into()));
    assert_eq!(broken("fn a(x) { y }"), (1, "there is no field or variable 'y'".into()));
    assert_eq!(broken("fn a(x) { duration }"), (1, "'duration' is not seen in here".into()));
    assert_eq!(broken("loop {}"), (1, "the script takes too many operations".into()));
    assert_eq!(broken(&"fn a() { 1 }\n".repeat(2)).0, 2);
    let (_, found) = Scripts::new(&[
        ("a".to_owned(), "fn f(x) { b::g(x) }".to_owned()),
        ("b".to_owned(), "fn g(x) { a::f(x) }".to_owned()),
        ("my-lib".to_owned(), String::new()),
        ("c".to_owned(), "fn good(x) { x > 1 }".to_owned()),
    ]);
    let said: Vec<_> = found.iter().map(|d| (d.file.as_str(), d.message.as_str())).collect();
    assert_eq!(said[0], ("my-lib.rhai", "'my-lib' cannot be a module's name"));
    assert!(said[1].1.contains("call each other") && said.len() == 3, "{said:?}");
}

#[test]
fn functions_of_modules_are_checked() {
    let scripts = scripts(&[("calls", "fn is_long(m) { m > 60 } private fn hidden() { 1 }")]);
    let message =
        |source: &str| scripts.when("a.yml", source, BEGIN, &ZoneBy::Location).unwrap_err()[0].clone();
    let found = message("calls::is_lon(minutes)");
    assert_eq!(
        (found.message.as_str(), found.help.as_str()),
        ("'calls' has no function 'is_lon'", "did you mean 'is_long'?")
    );
    assert_eq!(message("calls::is_long()").message, "'calls::is_long' takes 1 argument, not 0");
    assert!(message("is_long(minutes)").help.contains("calls::is_long(…)"));
    assert_eq!(message("calls::hidden() == 1").message, "'calls' has no function 'hidden'");
}
