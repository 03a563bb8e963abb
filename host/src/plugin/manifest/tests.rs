use super::*;
use serde_json::json;

const GOOD: &str = r#"
id = "mass-dialing"
version = "0.1.0"
interface = "1.0"
summary = "Many calls in a short time."
partition = "user"
events = ["call", "forwarding-change"]
columns = ["start_time", "record_id", "user"]
capabilities = ["names", "state"]
state_schema = 1
[filter]
direction = ["ORIGINATING"]
[config.min_calls]
type = "integer"
default = 10
minimum = 1
maximum = 100
doc = "Calls in the window before it is a burst."
[config.share]
type = "number"
default = 0.5
doc = "Share of short calls."
[config.prefixes]
type = "list"
default = []
doc = "Prefixes."
"#;

fn message(text: &str) -> String {
    Manifest::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn no_plugin_has_the_name_of_all_rules() {
    let message = message(&GOOD.replace("\"mass-dialing\"", "\"rules\""));
    assert!(message.contains("'rules'") && message.contains("another"), "{message}");
}

#[test]
fn a_good_one_is_read() {
    let manifest = Manifest::parse(GOOD.as_bytes()).unwrap();
    assert_eq!(
        manifest.columns,
        [FieldId::start_time, FieldId::record_id, FieldId::user].map(ColumnSource::Field)
    );
    assert!(manifest.also.is_none() && manifest.organisation.is_none() && !manifest.has_row_column());
    assert_eq!(manifest.partition, SubjectKind::User);
    assert_eq!(manifest.events, [EventKind::Call, EventKind::ForwardingChange]);
    assert_eq!(manifest.capabilities, [Capability::Names, Capability::State]);
    assert_eq!(manifest.settings["min_calls"].maximum, Some(100.0));
}

#[test]
fn each_mistake_names_its_key_and_what_is_allowed() {
    let cases = [
        ("\"mass-dialing\"", "\"Mass Dialing\"", ["id", "a-z"]),
        ("\"0.1.0\"", "\"1\"", ["version", "0.1.0"]),
        ("\"user\"\nevents", "\"device\"\nevents", ["partition", "organisation"]),
        ("\"call\"", "\"calls\"", ["events", "forwarding-change"]),
        ("\"start_time\"", "\"start-time\"", ["columns", "did you mean start_time"]),
        ("\"start_time\"", "\"user\"", ["columns", "twice"]),
        ("\"start_time\"", "\"authorization_code\"", ["columns", "password"]),
        ("\"names\"", "\"network\"", ["capabilities", "directory"]),
        ("ORIGINATING", "OUTGOING", ["filter.direction", "TERMINATING"]),
        ("direction =", "directions =", ["line 12", "direction"]),
        ("default = 10", "default = 0", ["config.min_calls", "lowest allowed value is 1"]),
        ("default = 10", "default = \"ten\"", ["config.min_calls", "whole number"]),
        ("type = \"list\"", "type = \"set\"", ["line 24", "list"]),
        ("state_schema", "state_scheme", ["line 10", "state_schema"]),
        ("schema = 1", "schema = 3\nreads_state = [1, 3]", ["reads_state", "own"]),
        ("schema = 1", "schema = 3\nreads_state = [1, 1]", ["reads_state", "twice"]),
        ("schema = 1", "schema = 3\nreads_state = [-1]", ["line 11", "u32"]),
    ];
    for (from, to, expected) in cases {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let message = message(&text);
        for part in expected {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
    }
}

/// With a second subject and rows for every instance.
fn shared() -> String {
    let sections = "[also]\npartition = \"number\"\nkey = \"other_party\"\ndrop_digits = 4\n[also.filter]\n\
                    direction = [\"TERMINATING\"]\n[organisation]\n[organisation.filter]\nother_class = [\"premium\"]\n\
                    [config.min_calls]";
    GOOD.replacen("\"user\"]", "\"$row\", \"user\"]", 1).replacen("[config.min_calls]", sections, 1)
}

#[test]
fn a_second_subject_and_rows_for_everybody_are_read() {
    let manifest = Manifest::parse(shared().as_bytes()).unwrap();
    assert_eq!(manifest.columns[2], ColumnSource::Row);
    let also = manifest.also.unwrap();
    assert_eq!((also.key, also.drop_digits), (AlsoKey::OtherParty, 4));
    assert_eq!(also.filter.direction, ["TERMINATING"]);
    assert_eq!(manifest.organisation.unwrap().filter.other_class, ["premium"]);
    let bare = GOOD.replacen("\"user\"]", "\"$row\", \"user\"]", 1)
        + "[also]\npartition = \"location\"\n[organisation]\n";
    let manifest = Manifest::parse(bare.as_bytes()).unwrap();
    assert_eq!(manifest.also.unwrap().key, AlsoKey::Location);
    assert!(manifest.organisation.unwrap().filter.direction.is_empty());
}

#[test]
fn mistakes_in_them_name_their_key_too() {
    let cases = [
        ("\"$row\", ", "", ["columns", "[also] needs the column \"$row\""]),
        ("\"$row\"", "\"$rows\"", ["columns", "did you mean $row"]),
        ("\"$row\"", "\"row\"", ["columns", "did you mean $row"]),
        ("\"$row\"", "\"$row\", \"$row\"", ["columns", "twice"]),
        ("\"number\"", "\"numbers\"", ["also.partition", "location"]),
        ("\"number\"", "\"organisation\"", ["also.partition", "[organisation]"]),
        ("\"number\"", "\"location\"", ["also", "for numbers"]),
        (
            "partition = \"number\"\nkey = \"other_party\"\ndrop_digits = 4",
            "partition = \"user\"",
            ["also.partition", "already"],
        ),
        ("key = \"other_party\"\n", "", ["also.key", "called_number"]),
        ("\"other_party\"", "\"other\"", ["also.key", "other_party"]),
        ("drop_digits = 4", "drop_digits = 9", ["also.drop_digits", "8"]),
        ("drop_digits = 4", "drop_digits = -1", ["line", "u32"]),
        ("drop_digits", "drop_digit", ["line", "drop_digits"]),
        ("[\"TERMINATING\"]", "[\"INBOUND\"]", ["also.filter.direction", "TERMINATING"]),
        ("[\"premium\"]", "[\"expensive\"]", ["organisation.filter.other_class", "satellite"]),
        ("[organisation.filter]", "[organisation.filters]", ["line", "filter"]),
    ];
    for (from, to, expected) in cases {
        let text = shared().replacen(from, to, 1);
        assert_ne!(text, shared(), "{from}");
        let message = message(&text);
        for part in expected {
            assert!(message.contains(part), "{from}: {message:?} lacks {part:?}");
        }
    }
    let without = shared().replacen("\"$row\", ", "", 1);
    let start = without.find("[also]").unwrap();
    let end = without.find("[organisation]").unwrap();
    let without = format!("{}{}", &without[..start], &without[end..]);
    assert!(message(&without).contains("[organisation] needs the column"));
}

#[test]
fn an_overrides_settings_are_complete_too() {
    let settings = Manifest::parse(GOOD.as_bytes()).unwrap().settings;
    let given = json!({"min_calls": 20, "share": 0.25});
    let differs = json!({"min_calls": 60});
    let variant = complete(&settings, &over(&given, differs.as_object().unwrap())).unwrap();
    assert_eq!(variant, r#"{"min_calls":60,"prefixes":[],"share":0.25}"#);
}

#[test]
fn it_reads_its_own_state_and_what_it_names() {
    let manifest = Manifest::parse(GOOD.as_bytes()).unwrap();
    assert!(manifest.reads(1) && !manifest.reads(0) && !manifest.reads(2));
    let text = GOOD.replacen("state_schema = 1", "state_schema = 3\nreads_state = [2, 1]", 1);
    let manifest = Manifest::parse(text.as_bytes()).unwrap();
    assert_eq!(manifest.reads_state, [1, 2]);
    assert!(
        [1, 2, 3].into_iter().all(|schema| manifest.reads(schema))
            && !manifest.reads(0)
            && !manifest.reads(4)
    );
}

#[test]
fn too_long_is_refused_unread() {
    let text = format!("{GOOD}# {}", "x".repeat(MAX_MANIFEST_BYTES));
    assert!(message(&text).contains("the limit is 65536"));
}

#[test]
fn settings_are_completed_and_checked() {
    let settings = Manifest::parse(GOOD.as_bytes()).unwrap().settings;
    assert_eq!(
        complete(&settings, &json!({"min_calls": 20})).unwrap(),
        r#"{"min_calls":20,"prefixes":[],"share":0.5}"#
    );
    let wrong = |value| complete(&settings, &value).unwrap_err();
    assert!(wrong(json!({"min_call": 20})).contains("did you mean min_calls"));
    assert!(wrong(json!({"min_calls": 1000})).contains("highest allowed value is 100"));
    assert!(wrong(json!({"min_calls": 1.5})).contains("whole number"));
    assert!(wrong(json!({"prefixes": "+371"})).contains("list"));
    assert!(wrong(json!([1])).contains("mapping"));
}

#[test]
fn versions() {
    assert_eq!(parse_version("1.20.3"), Some((1, 20, 3)));
    assert_eq!(parse_version("1.2.3-rc.1+b5"), Some((1, 2, 3)));
    for bad in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "1.2.3 "] {
        assert_eq!(parse_version(bad), None, "{bad}");
    }
}
