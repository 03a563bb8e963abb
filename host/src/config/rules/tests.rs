use crate::config::{Config, ConfigError};

fn load(text: &str) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ringfence.yaml");
    std::fs::write(&path, text).unwrap();
    Config::load(&path)
}

const GOOD: &str = r#"
locations: {Bogota CC: {}}
groups:
  agents: {users: ["+5716015550100", Ana Soto], departments: [d-17], locations: [Bogota CC]}
plugins:
  mass-dialing:
    config: {burst_calls: 12}
    overrides:
      - name: call centre
        match: {locations: [Bogota CC], groups: [agents]}
        config: {burst_calls: 60}
    exceptions:
      - name: bridge
        reason: weekly board call, ticket 4711
        until: 2027-01-31
        match: {numbers: ["+1212555*", "+34911234567"], countries: [US]}
"#;

#[test]
fn groups_overrides_and_exceptions_are_read() {
    let config = load(GOOD).unwrap();
    let plugin = &config.plugins["mass-dialing"];
    assert_eq!(config.groups["agents"].users.len(), 2);
    assert_eq!(plugin.overrides[0].matches.groups, ["agents"]);
    assert_eq!(plugin.overrides[0].config["burst_calls"], 60);
    assert_eq!(plugin.exceptions[0].until.unwrap().to_string(), "2027-01-31");
    assert_eq!(plugin.exceptions[0].matches.countries, ["US"]);
}

#[test]
fn each_mistake_says_where_it_is_and_what_is_allowed() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "groups: [agents]",
            "groups: [agent]",
            &["mass-dialing", "overrides 'call centre'", "'agent'", "agents"],
        ),
        (
            "{locations: [Bogota CC], groups: [agents]}",
            "{}",
            &["'call centre'", "match is empty", "everybody"],
        ),
        (
            "{locations: [Bogota CC], groups",
            "{locations: [Bogota cc], groups",
            &["'Bogota cc'", "written 'Bogota CC'"],
        ),
        ("groups: [agents]}", "countries: [US]}", &["'call centre'", "for exceptions"]),
        ("groups: [agents]}", "site: [X]}", &["site", "locations"]),
        ("config: {burst_calls: 60}", "config: {}", &["'call centre'", "config is empty"]),
        ("name: call centre", "name: ''", &["overrides, entry 1", "name is empty"]),
        ("name: call centre", "title: call centre", &["title", "name"]),
        (
            "reason: weekly board call, ticket 4711",
            "reason: ' '",
            &["exceptions 'bridge'", "reason is empty"],
        ),
        ("        reason: weekly board call, ticket 4711\n", "", &["reason"]),
        ("until: 2027-01-31", "until: 2027-02-31", &["until"]),
        ("+1212555*", "1212555*", &["exceptions 'bridge'", "'1212555*'", "E.164"]),
        ("countries: [US]", "countries: [USA]", &["'USA'", "ISO 3166"]),
        ("\"+5716015550100\"", "\"+57160155*\"", &["groups.agents", "whole number"]),
        (
            "{users: [\"+5716015550100\", Ana Soto], departments: [d-17], locations: [Bogota CC]}",
            "{}",
            &["groups.agents", "nobody"],
        ),
    ];
    for (from, to, expected) in cases {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let message = load(&text).unwrap_err().to_string();
        for part in *expected {
            assert!(message.contains(part), "{to:?}: {message:?} lacks {part:?}");
        }
    }
}

#[test]
fn there_are_at_most_two_hundred_of_each() {
    let rules = |count: usize| {
        let rule = |i: usize| format!("{{name: n{i}, reason: r, match: {{users: [u]}}}}");
        let rules: Vec<String> = (0..count).map(rule).collect();
        load(&format!("plugins: {{x: {{exceptions: [{}]}}}}\n", rules.join(", ")))
    };
    assert_eq!(rules(200).unwrap().plugins["x"].exceptions.len(), 200);
    assert!(rules(201).unwrap_err().to_string().contains("at most 200"));
    let twice = "plugins: {x: {exceptions: [{name: a, reason: r, match: {users: [u]}}, {name: a, reason: r, match: {users: [v]}}]}}";
    assert!(load(twice).unwrap_err().to_string().contains("twice"));
}
