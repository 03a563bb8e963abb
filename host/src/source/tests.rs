use std::io::Write as _;
use std::path::Path;

use model::{FieldId, RecordId};

use super::*;

mod damage;

/// Collects what it is given.
#[derive(Default)]
struct Collecting {
    events: Vec<(RecordId, u64, String)>,
    rejected: Vec<(u64, String)>,
    fail_after: Option<usize>,
}

impl Sink for Collecting {
    fn event(&mut self, event: &Event, record: &Record<'_>) -> Result<(), SinkError> {
        if self.fail_after == Some(self.events.len()) {
            return Err("the disk is full".into());
        }
        let mut json = Vec::new();
        record.write_json(&mut json);
        self.events.push((event.id, record.line(), String::from_utf8(json)?));
        Ok(())
    }

    fn rejected(&mut self, rejected: &Rejected) -> Result<(), SinkError> {
        self.rejected.push((rejected.line, rejected.fault.reason()));
        Ok(())
    }
}

/// Everything a reading came to, in an order that does not depend on threads.
#[derive(Debug)]
struct Outcome {
    summary: Summary,
    ids: Vec<String>,
    lines: Vec<u64>,
    records: Vec<String>,
    rejected: Vec<(u64, String)>,
}

fn options(strict: bool) -> ReadOptions {
    ReadOptions { wanted: FieldSet::ALL, strict, progress: None }
}

fn try_read(paths: &[&Path], strict: bool, workers: usize) -> Result<Outcome, ReadError> {
    let inputs: Vec<Input> = paths.iter().map(|p| Input::File((*p).to_owned())).collect();
    let mut sinks: Vec<Collecting> = (0..workers).map(|_| Collecting::default()).collect();
    let summary = read_all(&inputs, &options(strict), &Arc::default(), &Arc::default(), &mut sinks)?;
    let mut events: Vec<_> = sinks.iter_mut().flat_map(|s| s.events.drain(..)).collect();
    events.sort_by_key(|(_, line, _)| *line);
    let mut rejected: Vec<_> = sinks.into_iter().flat_map(|s| s.rejected).collect();
    rejected.sort();
    Ok(Outcome {
        summary,
        ids: events.iter().map(|(id, _, _)| id.to_string()).collect(),
        lines: events.iter().map(|(_, line, _)| *line).collect(),
        records: events.into_iter().map(|(_, _, json)| json).collect(),
        rejected,
    })
}

fn read_bytes(bytes: &[u8]) -> Outcome {
    let file = file_of(bytes);
    try_read(&[file.path()], false, 2).unwrap()
}

fn file_of(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn object(id: &str) -> String {
    format!(r#"{{"Report ID": "{id}", "Start time": "2026-03-01T10:00:00.000Z", "Duration": 5}}"#)
}

fn csv_of(ids: &[&str]) -> String {
    let rows: String =
        ids.iter().map(|id| format!("2026-03-01T10:00:00.000Z,{id},\"Doe, \"\"J\"\"\",TRUE\n")).collect();
    format!("Start time,Report ID,User,ANSWERED\n{rows}")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_shape_gives_the_same_records() {
    let (a, b, c) = (object("a"), object("b"), object("c"));
    let pretty: serde_json::Value = serde_json::from_str(&format!("[{a},{b},{c}]")).unwrap();
    let shapes = [
        format!("{{\"items\":[{a},{b},{c}]}}"),
        format!(
            "{{\"count\": 3, \"nested\": {{\"items\": 1}}, \"Items\" : [ {a},\n{b} , {c}], \"more\": [1, {{}}] }}\n"
        ),
        format!("{{\"items\":[{a}]}}\n{{\"items\":[]}}{{\"items\":[{b},{c}]}}"),
        format!("{{\"Report Attributes\":[{a},{b},{c}]}}"),
        format!("[{a},{b},{c}]"),
        format!("[{a}]\n[{b},{c}]"),
        serde_json::to_string_pretty(&pretty).unwrap(),
        format!("{a}\n{b}\n\n{c}"),
        format!("{a}\r\n{b}\r\n{c}\r\n"),
        format!("{a}{b}{c}"),
        csv_of(&["a", "b", "c"]),
        csv_of(&["a", "b", "c"]).replace('\n', "\r\n"),
        csv_of(&["a", "b", "c"]).replace(',', ";").trim_end().to_owned(),
    ];
    for text in &shapes {
        for bytes in [text.clone().into_bytes(), [b"\xef\xbb\xbf", text.as_bytes()].concat()] {
            let (front, back) = bytes.split_at(bytes.len() / 2);
            for stored in [
                bytes.clone(),
                gzip(&bytes),
                [gzip(front), gzip(back)].concat(),
                zstd::encode_all(&bytes[..], 1).unwrap(),
            ] {
                let outcome = read_bytes(&stored);
                assert_eq!(outcome.ids, ["a", "b", "c"], "{text}");
                assert_eq!(outcome.summary.records, 3);
                assert_eq!((outcome.summary.files, &outcome.summary.errors), (1, &vec![]), "{text}");
                assert_eq!(outcome.summary.rejected, 0, "{text}: {:?}", outcome.rejected);
            }
        }
    }
    let one = read_bytes(serde_json::to_string_pretty(&pretty[0]).unwrap().as_bytes());
    assert_eq!(one.ids, ["a"]);
    for empty in ["", "\n \n", "[]", "{\"items\":[]}", "Start time,Report ID\n", "\u{feff}"] {
        let outcome = read_bytes(empty.as_bytes());
        assert_eq!((outcome.summary.records, &outcome.summary.errors), (0, &vec![]), "{empty:?}");
    }
}

#[test]
fn cells_are_kept_as_they_came() {
    let outcome = read_bytes(csv_of(&["a"]).as_bytes());
    assert_eq!(
        outcome.records,
        [
            r#"{"Start time":"2026-03-01T10:00:00.000Z","Report ID":"a","User":"Doe, \"J\"","ANSWERED":"TRUE"}"#
        ]
    );
    let odd = r#"{"Report ID":"a","Start time":"2026-03-01T10:00:00Z","New \u00e9\"\n":[1,{"x":null}],"n":1.50e3,"b":true,"z":null}"#;
    let outcome = read_bytes(odd.as_bytes());
    let back: serde_json::Value = serde_json::from_str(&outcome.records[0]).unwrap();
    assert_eq!(back, serde_json::from_str::<serde_json::Value>(odd).unwrap());
    assert!(outcome.records[0].contains("1.50e3"));
    assert_eq!(outcome.summary.unknown_keys.len(), 4);
}

#[test]
fn bad_lines_are_set_aside_and_the_rest_goes_on() {
    let (a, b) = (object("a"), object("b"));
    let text = format!("{a}\n{{\"Report ID\": broken\n[1]\n\"text\"\n{b} {b}\n{{}}\n{b}\n");
    let outcome = read_bytes(text.as_bytes());
    assert_eq!(outcome.ids, ["a", "b"]);
    assert_eq!(outcome.lines, [1, 7]);
    let expected = [
        (2, "malformed JSON"),
        (3, "not a JSON object"),
        (4, "not a JSON object"),
        (5, "malformed JSON"),
        (6, "Report ID: missing"),
    ];
    assert_eq!(outcome.rejected, expected.map(|(l, r)| (l, r.to_owned())));
    assert_eq!(outcome.summary.rejected, 5);
    assert_eq!(outcome.summary.rejected_by_reason["malformed JSON"], 2);
    assert_eq!(outcome.summary.samples[0].line, 2);
    let shown = outcome.summary.samples[0].to_string();
    assert!(shown.contains(":2: malformed JSON in '{\"Report ID\": broken' (at character 15): "), "{shown}");
}

#[test]
fn a_broken_first_line_does_not_change_the_shape() {
    for first in ["{\"Report ID\": \"a\", \"Start", "\0\0\0", "oops", "\"Report ID\": \"a\"}"] {
        let outcome = read_bytes(format!("{first}\n{}\n", object("b")).as_bytes());
        assert_eq!((outcome.ids, outcome.rejected.len()), (vec!["b".to_owned()], 1), "{first}");
    }
}

#[test]
fn bad_elements_of_an_array_are_passed_over() {
    let (a, b, c) = (object("a"), object("b"), object("c"));
    for (bad, lines) in [
        ("null", 1),
        ("[{\"Report ID\": \"x\"}]", 1),
        ("\"text\"", 1),
        ("{\"Report ID\": x}", 1),
        ("{\"Report ID\": \"x\", }", 1),
        ("{\"Report ID\": \"x", 1),
        ("{\"Report ID\": \"x\"", 1),
        ("{\"Report ID\": \"x\"]", 1),
        ("{\"Report ID\": x\"}", 1),
        ("{\"Report ID\":\n \"x\n\"}", 3),
    ] {
        for (open, close) in [("[", "]"), ("{\"items\": [", "]}")] {
            let text = format!("{open}\n{a},\n{b},\n{bad},\n{c}\n{close}\n");
            let outcome = read_bytes(text.as_bytes());
            assert_eq!(outcome.ids, ["a", "b", "c"], "{text}: {:?}", outcome.summary);
            assert_eq!(outcome.lines, [2, 3, 4 + lines]);
            assert!(
                outcome.rejected.iter().all(|(line, _)| (4..4 + lines).contains(line)),
                "{text}: {outcome:?}"
            );
            assert!(!outcome.rejected.is_empty(), "{text}");
        }
    }
    // All on one line.
    let text = format!("[{a},{{\"Report ID\": \"x\",{b},{c}]");
    assert_eq!(read_bytes(text.as_bytes()).ids, ["a", "b", "c"]);
}

#[test]
fn rows_with_wrong_columns_are_set_aside_with_their_line() {
    let mut text = csv_of(&["a", "b"]);
    text.push_str("2026-03-01T10:00:00Z,c,\"two\nlines\",TRUE\n");
    text.push_str("2026-03-01T10:00:00Z,d,TRUE\n\n2026-03-01T10:00:00Z,e,x,TRUE,more\n");
    text.push_str("2026-03-01T10:00:00Z,f,5\" phone,TRUE\nbad,g,x,TRUE\n");
    text.push_str("2026-03-01T10:00:00Z,h,\"open,TRUE\n2026-03-01T10:00:00Z,i,x,TRUE\n");
    text.push_str("2026-03-01T10:00:00Z,j,\"x\",TRUE\n");
    let outcome = read_bytes(text.as_bytes());
    assert_eq!(outcome.ids, ["a", "b", "c", "f", "i", "j"]);
    assert_eq!(outcome.lines, [2, 3, 4, 9, 12, 13]);
    let expected = [
        (6, "wrong number of columns"),
        (8, "wrong number of columns"),
        (10, "Start time: not a time"),
        (11, "unclosed quote"),
    ];
    assert_eq!(outcome.rejected, expected.map(|(l, r)| (l, r.to_owned())));
}

#[test]
fn bytes_that_are_not_text_spoil_their_record_only() {
    let text = csv_of(&["a", "b", "c"]).into_bytes();
    let at = text.windows(2).position(|w| w == b"b,").unwrap();
    let mut csv = text;
    csv[at] = 0xff;
    let outcome = read_bytes(&csv);
    assert_eq!(outcome.ids, ["a", "c"]);
    assert_eq!(outcome.rejected, [(3, "not UTF-8".to_owned())]);
    let lines = [object("a").as_bytes(), b"\n{\"Report ID\": \"\xff\"}\n", object("c").as_bytes()].concat();
    let outcome = read_bytes(&lines);
    assert_eq!((outcome.ids.len(), outcome.rejected), (2, vec![(2, "not UTF-8".to_owned())]));
    let page = [b"[", object("a").as_bytes(), b",\n{\"Report ID\": \"\xff\"},", object("c").as_bytes(), b"]"]
        .concat();
    let outcome = read_bytes(&page);
    assert_eq!((outcome.ids.len(), outcome.rejected), (2, vec![(2, "not UTF-8".to_owned())]));
}

/// Many blocks, so that everything is cut somewhere.
#[test]
fn long_files_are_cut_at_records_only() {
    const MANY: usize = 20_000;
    let ids: Vec<String> = (0..MANY).map(|i| format!("record-{i}")).collect();
    let borrowed: Vec<&str> = ids.iter().map(String::as_str).collect();
    let objects: Vec<String> = ids.iter().map(|id| object(id)).collect();
    let csv = csv_of(&borrowed);
    let csv_with_breaks = csv.replace("Doe, ", "Doe,\n");
    for (text, lines_per_record) in [
        (csv, 1),
        (csv_with_breaks, 2),
        (objects.join("\n"), 1),
        (format!("{{\"items\":[{}]}}", objects.join(",\n")), 1),
    ] {
        assert!(text.len() > 1_000_000, "{}", text.len());
        for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
            let outcome = read_bytes(&bytes);
            assert_eq!(outcome.summary.records as usize, MANY, "{:?}", outcome.summary);
            assert_eq!(outcome.ids, ids);
            let first = outcome.lines[0];
            let expected: Vec<u64> = (0..MANY as u64).map(|i| first + i * lines_per_record).collect();
            assert_eq!(outcome.lines, expected);
            assert_eq!(outcome.summary.bytes as usize, text.len());
        }
    }
}

#[test]
fn damaged_files_give_what_they_have_and_say_where_it_ends() {
    let many: Vec<String> = (0..5000).map(|i| object(&format!("id-{}", i * 7919 % 100_003))).collect();
    let stored = gzip(many.join("\n").as_bytes());
    let cut = file_of(&stored[..stored.len() / 2]);
    let good = file_of(csv_of(&["good"]).as_bytes());
    let missing = Path::new("/nonexistent/records.csv");
    let outcome = try_read(&[cut.path(), missing, good.path()], false, 2).unwrap();
    assert!((500..4900).contains(&outcome.summary.records), "{}", outcome.summary.records);
    assert!(outcome.ids.contains(&"good".to_owned()));
    assert_eq!((outcome.summary.files, outcome.summary.rejected), (2, 0));
    let errors: Vec<String> = outcome.summary.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2);
    let lines = outcome.summary.records - 1;
    assert!(errors[0].contains(&format!("after line {}", lines + 1)), "{} {lines}", errors[0]);
    assert!(errors[0].contains("ends too early: fetch it again"), "{}", errors[0]);
    assert!(errors[1].starts_with("/nonexistent/records.csv: cannot be read"), "{}", errors[1]);

    let page = format!("{{\"items\":[{}\n,{},\n{{\"Report ID\": \"x\", \"Sta", object("a"), object("b"));
    let outcome = read_bytes(page.as_bytes());
    assert_eq!((outcome.ids.len(), outcome.summary.rejected), (2, 0));
    let error = outcome.summary.errors[0].to_string();
    assert!(error.contains("after line 3, byte") && error.contains("middle of a JSON document"), "{error}");

    let damaged = {
        let mut bytes = gzip(csv_of(&["a"]).as_bytes());
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        read_bytes(&bytes)
    };
    assert!(damaged.summary.errors[0].message.contains("fetch it again"), "{:?}", damaged.summary.errors);
}

#[test]
fn what_is_not_ours_is_refused_with_a_remedy() {
    for (bytes, part) in [
        (&b"PK\x03\x04rest"[..], "zip archive: unpack it first"),
        (b"\xff\xfeS\0t\0", "save it as UTF-8"),
        (b"name,age\nana,3\n", "there is no column 'Report ID'"),
        (b"hello", "there is no column 'Report ID'"),
        (b"\x00\x80\x81", "not UTF-8"),
        (b"[1]\nhello", "expected a JSON object or array here"),
    ] {
        let outcome = read_bytes(bytes);
        let errors = outcome.summary.errors;
        assert!(errors.len() == 1 && errors[0].message.contains(part), "{errors:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let outcome = try_read(&[folder.path()], false, 1).unwrap();
    assert!(outcome.summary.errors[0].message.contains("is a folder"));
}

#[test]
fn records_that_are_too_long_are_passed_over() {
    let long = "x".repeat(MAX_RECORD_BYTES + 10);
    let (a, b) = (object("a"), object("b"));
    for text in [
        format!("{a}\n{{\"Report ID\": \"{long}\"}}\n{b}\n"),
        format!("[{a},\n{{\"Report ID\": \"{long}\"}},\n{b}]"),
        format!("{}{long}\n{}", csv_of(&["a"]), "2026-03-01T10:00:00Z,b,x,TRUE\n"),
    ] {
        let outcome = read_bytes(text.as_bytes());
        assert_eq!(outcome.ids, ["a", "b"], "{:?}", outcome.summary);
        assert_eq!(outcome.summary.rejected, 1);
        assert!(outcome.summary.samples[0].line < 4);
    }
    let first = format!("{{\"Report ID\": \"{long}{long}{long}\"}}\n{a}\n{b}\n");
    let outcome = read_bytes(first.as_bytes());
    assert_eq!((outcome.ids, outcome.lines), (vec!["a".to_owned(), "b".to_owned()], vec![2, 3]));
    // A quote that never closes must not swallow the file.
    let open = format!("{}2026-03-01T10:00:00Z,x,\"open,TRUE\n", csv_of(&["a"]));
    let rows: String = (0..60_000).map(|i| format!("2026-03-01T10:00:00Z,r{i},x,TRUE\n")).collect();
    let outcome = read_bytes((open + rows.as_str()).as_bytes());
    assert_eq!((outcome.summary.records, outcome.summary.rejected), (60_001, 1));
}

#[test]
fn strict_stops_at_the_first_bad_record() {
    let many: Vec<String> = (0..30_000)
        .map(|i| if i % 9000 == 8999 { "{}".to_owned() } else { object(&format!("id-{i}")) })
        .collect();
    let file = file_of(many.join("\n").as_bytes());
    for _ in 0..5 {
        match try_read(&[file.path()], true, 3) {
            Err(ReadError::Rejected(rejected)) => assert_eq!(rejected.line, 9000),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_failing_sink_ends_the_reading() {
    let many: Vec<String> = (0..50_000).map(|i| object(&format!("id-{i}"))).collect();
    let file = file_of(many.join("\n").as_bytes());
    let mut sinks = [Collecting { fail_after: Some(100), ..Collecting::default() }, Collecting::default()];
    let inputs = [Input::File(file.path().to_owned())];
    let end = read_all(&inputs, &options(false), &Arc::default(), &Arc::default(), &mut sinks);
    assert!(matches!(end, Err(ReadError::Sink(e)) if e.to_string() == "the disk is full"));
    let none: &mut [Collecting] = &mut [];
    let end = read_all(&inputs, &options(false), &Arc::default(), &Arc::default(), none);
    assert!(matches!(end, Err(ReadError::NoSink)));
}

#[test]
fn samples_are_the_first_and_unknown_keys_are_bounded() {
    let bad: String = (0..20_000)
        .map(|i| format!("{{\"key {}\": 1, \"pad\": \"{}\"}}\n", i % 500, "x".repeat(60)))
        .collect();
    let outcome = read_bytes(bad.as_bytes());
    assert_eq!(outcome.summary.rejected, 20_000);
    let lines: Vec<u64> = outcome.summary.samples.iter().map(|r| r.line).collect();
    assert_eq!(lines, (1..=20).collect::<Vec<u64>>());
    assert!(outcome.summary.unknown_keys.len() <= 201);
    assert_eq!(outcome.summary.unknown_keys.values().sum::<u64>(), 40_000);
}

#[test]
fn stored_records_are_refused_when_they_are_none() {
    assert!(stored_record(b"{\"a\":1}").is_ok());
    for bad in [&b"[]"[..], b"", b"{\"a\":1} x", b"\xff", b"{\"a\":\"\\ud800\"}"] {
        assert!(stored_record(bad).is_err());
    }
    let many: String = (0..2000).map(|i| format!("\"k{i}\":1,")).collect();
    let fault = stored_record(format!("{{{}\"x\":1}}", many).as_bytes()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::TooLong);
    let mut out = Vec::new();
    stored_record(br#"{"User":"a","x":1,"User":"b","x":2}"#).unwrap().record().write_json(&mut out);
    assert_eq!(out, br#"{"User":"b","x":2}"#);
}

#[test]
fn official_and_own_fields_meet() {
    let page = include_bytes!("../normalize/official_example.json");
    let outcome = read_bytes(page);
    assert_eq!(outcome.ids, ["0a0c2eb7-f1f6-3326-86f9-565d2e11553d"]);
    assert!(FieldId::from_name("record_id").is_some());
}
