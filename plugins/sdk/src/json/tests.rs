use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::read;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    #[default]
    In,
    Out,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Config {
    calls: u16,
    offset: i64,
    share: f64,
    on: bool,
    text: String,
    list: Vec<String>,
    numbers: Vec<u32>,
    way: Way,
    maybe: Option<u8>,
    pair: (u8, String),
    map: BTreeMap<String, i32>,
}

fn config() -> impl Strategy<Value = Config> {
    let text = "(\\PC|[\\x00-\\x1f\"\\\\/]){0,12}";
    let lists = (proptest::collection::vec(text, 0..4), proptest::collection::vec(any::<u32>(), 0..4));
    let map = proptest::collection::btree_map(text, any::<i32>(), 0..3);
    let share = any::<f64>().prop_filter("JSON has none other", |share| share.is_finite());
    (any::<(u16, i64, bool, Option<u8>, u8)>(), share, text, lists, map).prop_map(
        |((calls, offset, on, maybe, one), share, text, (list, numbers), map)| Config {
            calls,
            offset,
            share,
            on,
            list,
            numbers,
            way: if on { Way::In } else { Way::Out },
            maybe,
            pair: (one, text.clone()),
            text,
            map,
        },
    )
}

proptest! {
    #[test]
    fn what_the_host_writes_is_read(config in config(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&config) } else { serde_json::to_string(&config) };
        prop_assert_eq!(read::<Config>(&text.unwrap()).unwrap(), config);
    }

    #[test]
    fn anything_else_is_an_error_and_no_panic(text in "[\\[\\]{}\",:0-9a-z\\\\u \\PC]{0,40}", cut in 0usize..400) {
        drop(read::<Config>(&text));
        drop(read::<BTreeMap<String, Vec<String>>>(&text));
        let good = serde_json::to_string(&Config::default()).unwrap();
        if let Some(part) = good.get(..cut.min(good.len() - 1)) {
            prop_assert!(read::<Config>(part).is_err());
        }
    }

    #[test]
    fn what_nobody_asked_for_is_passed_over(config in config()) {
        let all = serde_json::json!({"before": config, "calls": 7, "after": [config, {"x": []}]}).to_string();
        #[derive(Deserialize)]
        struct Calls {
            calls: u8,
        }
        prop_assert_eq!(read::<Calls>(&all).unwrap().calls, 7);
    }
}

#[test]
fn escapes_of_every_kind() {
    assert_eq!(
        read::<String>(r#" "a\u0041\n\/\\\"\ud83d\ude00\b\f\r\t" "#).unwrap(),
        "aA\n/\\\"😀\u{8}\u{c}\r\t"
    );
    for bad in [r#""\ud83d""#, r#""\u00g0""#, r#""\x""#, r#""\"#, r#""a"#, r#""\é""#, r#""\ud83d\u""#] {
        assert!(read::<String>(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_mistake_names_its_setting() {
    let message = |text: &str| read::<Config>(text).unwrap_err().to_string();
    assert_eq!(message(r#"{"calls": "3"}"#), "calls: is not a whole number of 0 or more");
    assert_eq!(message(r#"{"calls": 70000}"#), "calls: is not u16");
    assert_eq!(message(r#"{"pair": [1, 2]}"#), "pair: no JSON: a text expected at byte 13");
    assert_eq!(message("{}"), "missing field `calls`");
    assert!(read::<u8>("1 2").unwrap_err().to_string().contains("the end expected at byte 2"));
}
