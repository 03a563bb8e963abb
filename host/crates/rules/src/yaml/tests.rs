use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Node {
    let stream = read("a.yml", text.as_bytes());
    assert_eq!(stream.diagnostics, [], "{text}");
    assert_eq!(stream.documents.len(), 1, "{text}");
    stream.documents.into_iter().next().unwrap()
}

/// The only error of a text, as "line:column message; help".
fn error(text: &str) -> String {
    let stream = read("a.yml", text.as_bytes());
    let [error] = stream.diagnostics.as_slice() else { panic!("{text}: {:?}", stream.diagnostics) };
    format!("{}:{} {}; {}", error.span.line, error.span.column, error.message, error.help)
}

fn at(line: u32, column: u32, len: u32) -> Span {
    Span { line, column, len }
}

#[test]
fn plain_scalars_are_of_the_core_schema_and_quoted_ones_text() {
    let cases: &[(&str, Value)] = &[
        ("~", Value::Null),
        ("null", Value::Null),
        ("NULL", Value::Null),
        ("nULL", Value::Text),
        ("true", Value::Bool(true)),
        ("False", Value::Bool(false)),
        ("yes", Value::Text),
        ("off", Value::Text),
        ("12", Value::Int(12)),
        ("-012", Value::Int(-12)),
        ("+34911234567", Value::Int(34_911_234_567)),
        ("0o17", Value::Int(15)),
        ("0xff", Value::Int(255)),
        ("0x", Value::Text),
        ("0x-1", Value::Text),
        ("1_000", Value::Text),
        ("12e3", Value::Float(12_000.0)),
        (".5", Value::Float(0.5)),
        ("5.", Value::Float(5.0)),
        (".", Value::Text),
        ("1e", Value::Text),
        ("-.inf", Value::Float(f64::NEG_INFINITY)),
        ("inf", Value::Text),
        ("nan", Value::Text),
        ("99999999999999999999", Value::Float(1e20)),
        ("2026-11-23", Value::Text),
        ("'12'", Value::Text),
        ("\"true\"", Value::Text),
        ("!!str 12", Value::Text),
        ("!!float 12", Value::Float(12.0)),
        ("! 12", Value::Text),
    ];
    for (text, value) in cases {
        let map = one(&format!("k: {text}\n"));
        assert_eq!(map.get("k").unwrap().value, *value, "{text}");
    }
    assert!(matches!(one("k: .nan").get("k").unwrap().value, Value::Float(n) if n.is_nan()));
    assert_eq!(one("k:\nl: 1").get("k").unwrap().text, "");
    assert_eq!(one("k: 007").get("k").unwrap().text, "007");
}

#[test]
fn nodes_know_where_they_stand() {
    let text = "a: foo\nbé: 'it''s'\nlist:\n  - \"x\"\n  - [1, zwei]\nlong: |\n    first\n    second\nfold: >-\n  one\n  two\n";
    let map = one(text);
    assert_eq!(map.get("a").unwrap().span, at(1, 4, 3));
    assert_eq!(map.get("bé").unwrap().span, at(2, 5, 7));
    assert_eq!(map.get("bé").unwrap().content, at(2, 6, 5));
    let list = map.get("list").unwrap().as_list().unwrap();
    assert_eq!(list[0].content, at(4, 6, 1));
    assert_eq!(list[1].as_list().unwrap()[1].span, at(5, 9, 4));
    assert_eq!(map.get("long").unwrap().content, at(7, 5, 5));
    assert_eq!(map.get("long").unwrap().text, "first\nsecond\n");
    assert_eq!(map.get("long").unwrap().style, Style::Literal);
    assert_eq!(map.get("fold").unwrap().content, at(10, 3, 3));
    assert_eq!(map.get("fold").unwrap().text, "one two");
    assert_eq!(map.as_map().unwrap()[1].0.span, at(2, 1, 2));
}

#[test]
fn a_bad_document_is_left_out_and_its_neighbours_stay() {
    let text = "a: 1\n---\nb: [1\n---\nc: 3\n---\nd: 1\nd: 2\n---\n# nothing\n---\ne: 5\n";
    let stream = read("a.yml", text.as_bytes());
    let keys: Vec<&str> = stream.documents.iter().map(|d| d.as_map().unwrap()[0].0.text.as_str()).collect();
    assert_eq!(keys, ["a", "c", "e"]);
    assert_eq!(stream.diagnostics.len(), 2, "{:?}", stream.diagnostics);
    assert_eq!(stream.diagnostics[1].span, at(8, 1, 1));
}

#[test]
fn what_is_not_allowed_is_told_with_its_place_and_a_remedy() {
    let cases: &[(&str, &[&str])] = &[
        ("a: 1\nb: 2\na: 3\n", &["3:1 key 'a' a second time", "merge both"]),
        ("a: {x: 1, 'x': 2}\n", &["1:11 key 'x' a second time"]),
        ("a:\n\t- b\n", &["2:", "tab", "spaces"]),
        ("a: *gone\n", &["1:4", "'*' needs quotation marks"]),
        ("a: %name%\n", &["1:4", "'%' needs quotation marks"]),
        ("a: !custom x\n", &["1:", "a tag that rules do not have"]),
        ("a: !!int x\n", &["a tag that rules do not have, or a value that does not fit"]),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", &["3:3 merge keys"]),
        ("[a]: 1\n", &["a list or map as key"]),
        ("a: &a [*a]\n", &["inside the node that it stands for"]),
        ("a: b: c\n", &["1:5", "': ' in it needs quotation marks"]),
    ];
    for (text, wanted) in cases {
        let found = error(text);
        for part in *wanted {
            assert!(found.contains(part), "{text}: {found}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error_with_their_line() {
    let stream = read("a.yml", b"a: 1\nb: \xc3\xa9 \xff\n");
    assert!(stream.documents.is_empty());
    assert_eq!(stream.diagnostics[0].span, at(2, 6, 1));
    assert!(stream.diagnostics[0].message.contains("0xff"));
    // With a byte order mark it is still a file.
    assert_eq!(read("a.yml", b"\xef\xbb\xbfa: 1\n").documents.len(), 1);
}

#[test]
fn what_multiplies_is_bounded() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let copies = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{copies}]\n"));
    }
    let found = error(&bomb);
    assert!(found.starts_with("4:") && found.contains("aliases copy more than"), "{found}");

    let deep = format!("a: {}1{}\n", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
    assert!(error(&deep).contains("nested more than"), "{}", error(&deep));
    assert_eq!(
        read("a.yml", format!("{}1{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH)).as_bytes())
            .documents
            .len(),
        1
    );

    let very_deep = format!("a: {}", "{a: [".repeat(100_000));
    assert!(error(&very_deep).contains("nested more than") || error(&very_deep).contains("limit"));

    let many = format!("a: [{}]\n", "1,".repeat(MAX_NODES));
    assert!(error(&many).contains("values in a file"));
    assert!(error(&" ".repeat(MAX_FILE_BYTES + 1)).contains("bytes, more than"));
    assert!(error(&"---\na\n".repeat(MAX_DOCUMENTS + 1)).contains("documents in a file"));
}

#[test]
fn what_is_said_is_bounded() {
    let text = "a: 1\n".repeat(5_000);
    assert_eq!(read("a.yml", text.as_bytes()).diagnostics.len(), MAX_DIAGNOSTICS);
}

#[test]
fn json_keeps_what_json_knows() {
    let node = one("{a: [1, 2.5, x, null, true], b: .inf}");
    assert_eq!(node.to_json().to_string(), r#"{"a":[1,2.5,"x",null,true],"b":".inf"}"#);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read("a.yml", &bytes);
    }

    #[test]
    fn anything_like_yaml_is_read_or_refused(text in "([a-c&*!|>%@{}\\[\\],:#'\"~\\- ]|: |\n|\n  |- |---\n|&a |\\*a |<<: ){0,80}") {
        let stream = read("a.yml", text.as_bytes());
        let lines = text.lines().count() as u32 + 1;
        for diagnostic in &stream.diagnostics {
            prop_assert!(diagnostic.span.line >= 1 && diagnostic.span.line <= lines, "{diagnostic:?}");
            prop_assert!(!diagnostic.message.is_empty() && !diagnostic.help.is_empty());
        }
    }

    #[test]
    fn text_in_single_quotes_comes_back(text in "[ -~éß€\u{2014}]{0,40}") {
        let node = one(&format!("k: '{}'\n", text.replace('\'', "''")));
        prop_assert_eq!(&node.get("k").unwrap().text, &text);
        prop_assert_eq!(node.get("k").unwrap().as_text(), Some(text.as_str()));
    }
}
