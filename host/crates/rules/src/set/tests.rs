//! Loading: what is refused, what runs, what a change means.

use super::*;

fn file(name: &str, text: &str) -> File {
    File { name: name.to_owned(), text: text.as_bytes().into() }
}

fn rule(name: &str, more: &str) -> String {
    format!(
        "title: T {name}\nname: {name}\nlogsource: {{product: webex, service: calling, category: call}}\n\
         detection:\n    selection:\n        called_country: CU\n    condition: selection\n{more}"
    )
}

fn correlation(name: &str, rules: &[&str], more: &str) -> String {
    format!(
        "title: C {name}\nname: {name}\ncorrelation:\n    type: event_count\n    rules: [{}]\n    group-by: [user]\n    \
         timespan: 10m\n    condition: {{gte: 3}}\n{more}",
        rules.join(", ")
    )
}

fn load_all(files: &[(&str, String)]) -> Loaded {
    let files: Vec<File> = files.iter().map(|(name, text)| file(name, text)).collect();
    load(&files, &[], &LoadOptions::default())
}

fn errors(loaded: &Loaded) -> Vec<String> {
    loaded.diagnostics.iter().filter(|d| d.is_error()).map(|d| format!("{}: {}", d.file, d.message)).collect()
}

fn state_of(loaded: &Loaded, name: &str) -> State {
    loaded.set.listed().iter().find(|l| l.name == name).unwrap_or_else(|| panic!("no {name}")).state.clone()
}

#[test]
fn a_file_with_an_error_is_refused_by_name_with_what_stands_on_it_and_the_rest_loads() {
    let loaded = load_all(&[
        ("good.yml", rule("good", "")),
        ("bad.yml", rule("bad", "").replace("called_country", "caled_country")),
        ("upon.yml", correlation("upon", &["bad"], "")),
        ("upon-upon.yml", correlation("upon-upon", &["upon"], "")),
    ]);
    assert_eq!(loaded.refused.iter().collect::<Vec<_>>(), ["bad.yml", "upon-upon.yml", "upon.yml"]);
    assert_eq!(loaded.set.plans().len(), 1);
    let errors = errors(&loaded);
    assert!(errors.iter().any(|e| e.starts_with("bad.yml") && e.contains("caled_country")), "{errors:?}");
    assert!(errors.iter().any(|e| e == "upon.yml: there is no rule 'bad'"), "{errors:?}");
    assert_eq!(errors.len(), 3, "{errors:?}");
}

#[test]
fn circles_duplicates_and_misspelt_references_are_named() {
    let loaded = load_all(&[
        ("a.yml", correlation("a", &["b"], "")),
        ("b.yml", correlation("b", &["a"], "")),
        ("one.yml", rule("one", "")),
        ("two.yml", rule("one", "")),
        ("three.yml", correlation("three", &["oen"], "")),
    ]);
    let errors = errors(&loaded).join("\n");
    assert!(errors.contains("a.yml: correlations go round in a circle: a -> b -> a"), "{errors}");
    assert!(errors.contains("two.yml: 'one' is also the id or name of 'T one' in one.yml"), "{errors}");
    let help = &loaded.diagnostics.iter().find(|d| d.file == "three.yml").unwrap().help;
    assert_eq!(help, "did you mean 'one'?");
    assert_eq!(loaded.set.plans().len(), 1);
}

#[test]
fn a_chain_that_is_too_long_is_an_error_and_not_a_hang() {
    let mut files = vec![("00.yml".to_owned(), rule("c0", ""))];
    // In the order that takes longest to resolve.
    for at in 1..2_000 {
        files.push((
            format!("{:05}.yml", 9_999 - at),
            correlation(&format!("c{at}"), &[&format!("c{}", at - 1)], ""),
        ));
    }
    files.sort();
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let loaded = load_all(&files);
    assert!(errors(&loaded).iter().any(|e| e.contains("a chain of more than 8 correlations")));
}

#[test]
fn status_product_placeholders_and_the_operator_decide_what_runs() {
    let with_placeholder = rule("lines", "").replace("called_country: CU", "called_number|expand: '%lines%'");
    let files: Vec<File> = [
        ("active.yml", rule("active", "")),
        ("shadow.yml", rule("shadow", "status: experimental\n")),
        ("shadowed.yml", rule("shadowed", "ringfence: {shadow: true}\n")),
        ("old.yml", rule("old", "status: deprecated\n")),
        ("off.yml", rule("off", "")),
        ("lines.yml", with_placeholder),
        (
            "windows.yml",
            rule("windows", "")
                .replace("product: webex, service: calling, category: call", "product: windows"),
        ),
        ("part.yml", rule("part", "")),
        ("many.yml", correlation("many", &["part"], "")),
        ("both.yml", rule("both", "")),
        ("generates.yml", correlation("generates", &["both"], "    generate: true\n")),
        ("stands.yml", correlation("stands", &["lines"], "")),
    ]
    .iter()
    .map(|(name, text)| file(name, text))
    .collect();
    let mut options = LoadOptions { disabled: vec!["off".to_owned()], ..LoadOptions::default() };
    let loaded = load(&files, &[], &options);
    assert!(errors(&loaded).is_empty(), "{:?}", loaded.diagnostics);
    let inactive = |why: &str| State::Inactive(why.to_owned());
    assert_eq!(state_of(&loaded, "active"), State::Active);
    assert_eq!(state_of(&loaded, "shadow"), State::Shadow);
    assert_eq!(state_of(&loaded, "shadowed"), State::Shadow);
    assert_eq!(state_of(&loaded, "old"), inactive("its status is deprecated"));
    assert_eq!(state_of(&loaded, "off"), inactive("disabled in the configuration"));
    assert_eq!(state_of(&loaded, "lines"), inactive("placeholder 'lines' is not set"));
    assert_eq!(state_of(&loaded, "windows"), inactive("for another product"));
    assert_eq!(state_of(&loaded, "part"), State::Part);
    assert_eq!(state_of(&loaded, "many"), State::Active);
    assert_eq!(state_of(&loaded, "both"), State::Active);
    assert_eq!(state_of(&loaded, "stands"), inactive("stands on 'lines': placeholder 'lines' is not set"));
    options.placeholders = [("lines", vec!["+34911234567".to_owned()])].into_iter().collect();
    let loaded = load(&files, &[], &options);
    assert_eq!((state_of(&loaded, "lines"), state_of(&loaded, "stands")), (State::Part, State::Active));
}

#[test]
fn windows_depend_on_what_a_rule_asks_for_and_findings_on_what_it_says() {
    let digests = |text: &str| {
        let loaded = load_all(&[("r.yml", text.to_owned())]);
        assert!(errors(&loaded).is_empty(), "{:?}", loaded.diagnostics);
        let plan = &loaded.set.plans()[0];
        (plan.state_digest.clone(), plan.digest.clone())
    };
    let one = digests(&rule("r", ""));
    assert_eq!(
        one,
        digests(&format!("# a comment\n{}", rule("r", "").replace("selection:\n", "selection:   # here\n")))
    );
    let other_title = digests(&rule("r", "").replace("title: T", "title: Another"));
    assert_eq!(other_title.0, one.0);
    assert_ne!(other_title.1, one.1);
    let other_meaning = digests(&rule("r", "").replace("CU", "LV"));
    assert_ne!(other_meaning.0, one.0);
    assert_ne!(digests(&rule("r", "ringfence: {window: 1h}\n")).0, one.0);
}

#[test]
fn what_works_like_a_password_is_neither_grouped_by_nor_shown() {
    let loaded = load_all(&[
        ("r.yml", rule("r", "")),
        ("c.yml", correlation("c", &["r"], "").replace("[user]", "[authorization_code]")),
        ("s.yml", rule("s", "fields: [authorization_code]\n")),
    ]);
    assert_eq!(loaded.refused.iter().collect::<Vec<_>>(), ["c.yml", "s.yml"], "{:?}", loaded.diagnostics);
}

#[test]
fn a_baseline_learns_from_all_that_the_detection_matches_and_that_of_a_correlation_stands_in_its_rule() {
    let baseline = "    baseline: {new_value: [client_type], days: 60}\n";
    let loaded = load_all(&[
        ("both.yml", rule("both", &format!("ringfence:\n    when: 'weekend'\n{baseline}"))),
        ("alone.yml", rule("alone", "ringfence:\n    when: 'weekend'\n")),
        ("part.yml", rule("part", &format!("ringfence:\n{baseline}"))),
        ("upon.yml", correlation("upon", &["part"], "")),
        ("two.yml", correlation("two", &["part", "alone"], "")),
        ("later.yml", correlation("later", &["both"], "")),
    ]);
    let plan = |name: &str| loaded.set.plans().iter().find(|p| p.name == name);
    // `when` is asked of entries that are unusual, not of records before anything is learned.
    assert!(plan("both").is_some_and(|p| p.spec.has_predicate && p.spec.baseline.is_some()));
    assert!(plan("alone").is_some_and(|p| !p.spec.has_predicate));
    assert!(plan("upon").is_some_and(|p| p.spec.baseline.is_some()));
    assert_eq!(
        loaded.refused.iter().collect::<Vec<_>>(),
        ["later.yml", "two.yml"],
        "{:?}",
        loaded.diagnostics
    );
}
