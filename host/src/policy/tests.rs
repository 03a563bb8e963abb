//! What becomes of good and bad files.

use std::path::Path;

use super::*;

const GOOD: &str = "title: Calls to Cuba\nname: NAME\nlogsource: {product: webex, service: calling, category: call}\n\
                    detection:\n    selection: {called_country: CU}\n    condition: selection\n";

struct Bench {
    dir: tempfile::TempDir,
    runtime: Runtime,
}

impl Bench {
    fn new() -> Bench {
        let bench = Bench { dir: tempfile::tempdir().unwrap(), runtime: Runtime::new(None).unwrap() };
        bench.write("ringfence.yaml", "rules: {shipped: false}\n");
        bench
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.dir.path().join(name)).unwrap();
    }

    fn sources(&self) -> Sources {
        Sources { config: Some(self.dir.path().join("ringfence.yaml")), plugins: None }
    }

    fn load(&self, last: &LastGood) -> Policy {
        load(&self.sources(), &self.runtime, last).unwrap()
    }
}

fn rule(name: &str) -> String {
    GOOD.replace("NAME", name)
}

fn names(policy: &Policy) -> Vec<&str> {
    policy.content.rules.keys().map(String::as_str).collect()
}

fn refused(policy: &Policy) -> Vec<(&str, bool)> {
    policy.refused.iter().map(|r| (r.file.as_str(), r.kept)).collect()
}

#[test]
fn a_bad_file_is_refused_by_name_and_the_rest_loads() {
    let bench = Bench::new();
    bench.write("rules/a.yml", &rule("a"));
    bench.write("rules/deep/er/b.yaml", &rule("b"));
    bench.write("rules/bad.yml", "title: x\nlogsource: {product: webex}\ndetection: {condition: nothing}\n");
    let cold = bench.load(&LastGood::default());
    assert_eq!(names(&cold), ["a", "b"]);
    assert_eq!(refused(&cold), [("rules/bad.yml", false)]);
    assert!(cold.refused[0].reason.contains("line"), "{:?}", cold.refused);
    // What was good of a file stays, and the file is named.
    bench.write("rules/bad.yml", &rule("c"));
    let good = bench.load(&cold.last_good());
    assert_eq!((names(&good), refused(&good)), (vec!["a", "b", "c"], vec![]));
    bench.write("rules/a.yml", "title: [\n");
    bench.write("rules/deep/er/b.yaml", &rule("b2"));
    let next = bench.load(&good.last_good());
    assert_eq!((names(&next), refused(&next)), (vec!["a", "b2", "c"], vec![("rules/a.yml", true)]));
    assert_ne!(next.disk_digest, good.disk_digest);
    // The good one back is what was in force all the time.
    bench.write("rules/deep/er/b.yaml", &rule("b"));
    assert_eq!(bench.load(&next.last_good()).digest, good.digest);
    // Empty is no way to remove a rule.
    bench.write("rules/a.yml", " \n");
    let emptied = bench.load(&next.last_good());
    assert_eq!((names(&emptied), refused(&emptied)), (vec!["a", "b", "c"], vec![("rules/a.yml", true)]));
    // Gone is gone.
    bench.remove("rules/a.yml");
    assert_eq!(names(&bench.load(&next.last_good())), ["b", "c"]);
}

#[test]
fn what_is_no_rule_is_left_out() {
    let bench = Bench::new();
    bench.write("rules/a.yml", &rule("a"));
    let other = [
        "templates/t.yml",
        "schema/s.yml",
        ".hidden.yml",
        ".git/x.yml",
        "a.yml~",
        "#a.yml#",
        "a.yml.swp",
        "4913",
        ".yml",
    ];
    for name in other {
        bench.write(&format!("rules/{name}"), &rule("other"));
    }
    std::os::unix::fs::symlink(bench.dir.path().join("rules"), bench.dir.path().join("rules/loop")).unwrap();
    std::os::unix::fs::symlink("../rules", bench.dir.path().join("rules/.again")).unwrap();
    let policy = bench.load(&LastGood::default());
    assert_eq!((names(&policy), refused(&policy)), (vec!["a"], vec![]));
}

#[test]
fn a_link_to_nowhere_a_pipe_and_a_missing_folder_are_told_and_keep_what_was_good() {
    let bench = Bench::new();
    bench.write("ringfence.yaml", "rules: {shipped: false, folders: [rules, more]}\n");
    for name in ["rules/a.yml", "rules/b.yml", "more/c.yml"] {
        bench.write(name, &rule(Path::new(name).file_stem().unwrap().to_str().unwrap()));
    }
    let before = bench.load(&LastGood::default());
    assert_eq!(names(&before), ["a", "b", "c"]);
    bench.remove("rules/a.yml");
    std::os::unix::fs::symlink("nowhere", bench.dir.path().join("rules/a.yml")).unwrap();
    bench.remove("rules/b.yml");
    let pipe = bench.dir.path().join("rules/b.yml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::remove_dir_all(bench.dir.path().join("more")).unwrap();
    let after = bench.load(&before.last_good());
    assert_eq!(names(&after), ["a", "b", "c"]);
    assert_eq!(refused(&after), [("more/", true), ("rules/a.yml", true), ("rules/b.yml", true)]);
    assert_eq!(after.digest, before.digest);
}

#[test]
fn a_bad_configuration_keeps_the_old_one() {
    let bench = Bench::new();
    bench.write("rules/a.yml", &rule("a"));
    let good = bench.load(&LastGood::default());
    for bad in [
        "",
        "lateness_hours: 0\n",
        "unknown: 1\n",
        "plugins: {mass-dialin: {enabled: true}}\n",
        "plugins: {mass-dialing: {config: {usual_callz: 1}}}\n",
    ] {
        bench.write("ringfence.yaml", bad);
        bench.write("rules/a.yml", &rule("a2"));
        let after = bench.load(&good.last_good());
        assert_eq!(refused(&after), [("ringfence.yaml", true)], "{bad}: {:?}", after.refused);
        assert_eq!((names(&after), after.config.rules.shipped), (vec!["a2"], false));
        assert!(!after.step_from(&good).restart, "{bad}");
        let cold = load(&bench.sources(), &bench.runtime, &LastGood::default());
        assert_eq!(cold.is_err(), !bad.is_empty(), "{bad}");
    }
    bench.remove("ringfence.yaml");
    let after = bench.load(&good.last_good());
    assert!(refused(&after)[0].1 && !after.config.rules.shipped, "{:?}", after.refused);
    bench.write("ringfence.yaml", "rules: {shipped: false}\nlateness_hours: 3\n");
    let after = bench.load(&good.last_good());
    assert!(after.step_from(&good).restart && after.config.lateness_hours == 3);
    bench.write("ringfence.yaml", "rules: {shipped: false, disable: [a2]}\n");
    let after = bench.load(&good.last_good());
    assert!(!after.step_from(&good).restart);
    assert_eq!(after.content.rules["a2"].state, "inactive");
    assert!(after.step_from(&good).rules && !after.step_from(&after).rules);
}

#[test]
fn a_plugin_whose_settings_change_is_replaced_alone() {
    let bench = Bench::new();
    let settings =
        |settings: &str| format!("rules: {{shipped: false}}\nplugins: {{mass-dialing: {settings}}}\n");
    let before = bench.load(&LastGood::default());
    let changed = |text: &str| {
        bench.write("ringfence.yaml", text);
        let after = bench.load(&before.last_good());
        assert_eq!(refused(&after), []);
        let step = after.step_from(&before);
        let ids: Vec<String> = step.changed.iter().map(|p| p.id().to_owned()).collect();
        (step.restart, step.rules, ids, step.added.len(), before.plugins.len() - after.plugins.len())
    };
    let one = vec!["mass-dialing".to_owned()];
    assert_eq!(changed(&settings("{config: {usual_calls: 7}}")), (false, false, one.clone(), 0, 0));
    assert_eq!(changed(&settings("{limits: {call_ms: 900}}")), (false, false, one, 0, 0));
    assert_eq!(changed(&settings("{enabled: false}")), (false, false, Vec::new(), 0, 1));
    // Groups say whom settings are for, also those of others.
    let (restart, ..) = changed("rules: {shipped: false}\ngroups: {agents: {users: [u]}}\n");
    assert!(restart);
}

#[test]
fn plugins_come_from_the_folder_of_the_command_line_the_configuration_or_the_usual_one() {
    let bench = Bench::new();
    for folder in ["plugins", "mine", "rules/theirs"] {
        bench.write(&format!("{folder}/bad.wasm"), "no component");
    }
    let base = bench.dir.path().to_owned();
    let found = |text: &str, given: Option<&str>| -> Vec<String> {
        bench.write("ringfence.yaml", &format!("rules: {{shipped: false}}\n{text}"));
        let sources = Sources { plugins: given.map(|name| base.join(name)), ..bench.sources() };
        let policy = load(&sources, &bench.runtime, &LastGood::default()).unwrap();
        let given = base.to_string_lossy().into_owned() + "/";
        policy.refused.iter().map(|r| r.file.replace(&given, "")).collect()
    };
    assert_eq!(found("", None), ["plugins/bad.wasm"]);
    assert_eq!(found("plugin_folder: mine\n", None), ["mine/bad.wasm"]);
    assert_eq!(found("plugin_folder: ./rules/theirs/\n", None), ["rules/theirs/bad.wasm"]);
    assert_eq!(found("plugin_folder: away\n", None), ["away/"]);
    assert_eq!(found("plugin_folder: away\n", Some("mine")), ["mine/bad.wasm"]);
    std::fs::remove_dir_all(base.join("plugins")).unwrap();
    assert_eq!(found("", None), Vec::<String>::new());
}

#[test]
fn shipped_rules_can_be_left_out_and_disabled() {
    let bench = Bench::new();
    let shipped = shipped::of(shipped::Kind::Rule).count();
    let none = bench.load(&LastGood::default());
    assert_eq!(none.content.rules.len(), 0);
    bench.write("ringfence.yaml", "# All of them.\n");
    let all = bench.load(&LastGood::default());
    assert!(all.content.rules.len() >= shipped, "{:?}", all.refused);
    assert_eq!(refused(&all), []);
    let Some((name, _)) = all.content.rules.iter().find(|(_, r)| r.state == "active") else { return };
    bench.write("ringfence.yaml", &format!("rules: {{disable: [{name}]}}\n"));
    let less = bench.load(&all.last_good());
    assert_eq!(less.content.rules[name].why, "disabled in the configuration");
    assert_eq!(less.content.gone_since(&all.content).len(), 1);
}

#[test]
fn functions_are_refused_when_rules_that_did_not_change_need_them() {
    let bench = Bench::new();
    let scripted = |name: &str, call: &str| {
        rule(name) + format!("ringfence:\n    when: 'night::{call}(duration)'\n").as_str()
    };
    bench.write("rules/lib/night.rhai", "fn long(d) { d > 60 }\n");
    bench.write("rules/a.yml", &scripted("a", "long"));
    let good = bench.load(&LastGood::default());
    assert_eq!((names(&good), refused(&good)), (vec!["a"], vec![]));
    bench.write("rules/lib/night.rhai", "fn longer(d) { d > 60 }\n");
    let after = bench.load(&good.last_good());
    assert_eq!((names(&after), refused(&after)), (vec!["a"], vec![("rules/lib/night.rhai", true)]));
    assert_eq!(after.digest, good.digest);
    // Both together are in order.
    bench.write("rules/a.yml", &scripted("a", "longer"));
    let both = bench.load(&after.last_good());
    assert_eq!((names(&both), refused(&both)), (vec!["a"], vec![]));
    bench.remove("rules/lib/night.rhai");
    assert_eq!(refused(&bench.load(&both.last_good())), [("rules/lib/night.rhai", true)]);
}

#[test]
fn a_fingerprint_sees_every_kind_of_change() {
    let bench = Bench::new();
    bench.write("rules/a.yml", &rule("a"));
    let config = Config::default();
    let look = || bench.sources().fingerprint(&config);
    let mut seen = vec![look()];
    assert_eq!(look(), seen[0]);
    let mut changed = |what: &str| {
        let now = bench.sources().fingerprint(&config);
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    bench.write("rules/b.yml", &rule("b"));
    changed("a new file");
    std::fs::rename(bench.dir.path().join("rules/b.yml"), bench.dir.path().join("rules/c.yml")).unwrap();
    changed("another name");
    bench.write("rules/new.yml", &rule("d"));
    std::fs::rename(bench.dir.path().join("rules/new.yml"), bench.dir.path().join("rules/a.yml")).unwrap();
    changed("replaced by a rename");
    bench.remove("rules/c.yml");
    changed("removed");
    bench.write("ringfence.yaml", "country: ES\n");
    changed("the configuration");
    bench.write("rules/.hidden.yml", "x");
    assert_eq!(look(), *seen.last().unwrap());
}
