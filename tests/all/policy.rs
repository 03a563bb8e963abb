//! The policy of a running service: files that come, change, break and go; generations; going back.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::Bench;
use crate::records::{self, Call, MINUTE, MONDAY, SECOND};
use crate::service::{LIMIT, Running, bench};

/// A rule about calls to Cuba.
fn rule(name: &str, title: &str) -> String {
    format!(
        "title: {title}\nname: {name}\nstatus: stable\nlogsource: {{product: webex, service: calling, category: call}}\n\
         detection:\n    selection:\n        called_country: CU\n    condition: selection\n"
    )
}

/// Six of its records by one user within a span.
fn six_within(name: &str, title: &str, span: &str) -> String {
    let base = rule(&format!("{name}_call"), "Calls").replace("status: stable", "status: test");
    format!(
        "{base}---\ntitle: {title}\nname: {name}\nstatus: stable\nlevel: high\ncorrelation:\n    type: event_count\n    \
         rules: [{name}_call]\n    group-by: [user]\n    timespan: {span}\n    condition: {{gte: 6}}\n"
    )
}

/// A folder with a configuration, rules and a database.
pub struct Site {
    pub bench: Bench,
    data: String,
    config: String,
}

impl Site {
    pub fn new(config: &str) -> Site {
        let (bench, data) = bench();
        let config = bench.write("ringfence.yaml", format!("health: {{listen: \"127.0.0.1:0\"}}\n{config}"));
        std::fs::create_dir(bench.path().join("rules")).unwrap();
        Site { bench, data, config }
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.bench.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.bench.path().join(name)
    }

    pub fn run(&self, args: &[&str]) -> crate::harness::Run {
        self.bench.run(&[args, &["--data-dir", &self.data, "--config", &self.config]].concat())
    }

    /// With a configuration of its own: the service's may be broken.
    pub fn json(&self, args: &[&str]) -> Value {
        let plain = self.bench.write("plain.yaml", "");
        let more = ["--format", "json", "--data-dir", &self.data, "--config", &plain];
        let run = self.bench.run(&[args, &more].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {} {}", run.stdout, run.stderr))
    }

    pub fn start(&self) -> Running {
        let mut run = Running::start(&self.bench, &self.data, &["--config", &self.config]);
        run.says("evaluates now");
        self.wait("the first policy", |s| s["generation"].is_u64());
        run
    }

    /// Waits until the policy in force is as wanted.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + LIMIT;
        loop {
            let status = self.json(&["policy", "status"]);
            if wanted(&status) {
                return status;
            }
            assert!(Instant::now() < end, "{what}: {status:#}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until exactly these rules are in force.
    #[track_caller]
    fn wait_for(&self, rules: &[&str]) -> Value {
        self.wait(&format!("{rules:?}"), |status| names(status) == rules)
    }

    pub fn ingest(&self, name: &str, calls: impl Iterator<Item = u32>) {
        let calls = calls.map(|n| {
            let start = MONDAY + 10 * 60 * MINUTE + i64::from(n) * 20 * SECOND;
            Call { id: n, user: 1, start, called: format!("+5355512{n:02}"), seconds: 60 }.record()
        });
        let file = self.bench.write(name, records::ndjson(&calls.collect::<Vec<_>>()));
        self.run(&["ingest", &file]).ok();
    }

    pub fn found(&self, detector: &str) -> Vec<Value> {
        let all = self.run(&["findings", "list", "--format", "ndjson"]).ok().findings();
        all.into_iter().filter(|f| f["detector"] == detector).collect()
    }
}

fn names(status: &Value) -> Vec<&str> {
    status["rules"].as_object().map(|rules| rules.keys().map(String::as_str).collect()).unwrap_or_default()
}

pub fn refused(status: &Value) -> Vec<&str> {
    let files = status["refused"].as_array().map(Vec::as_slice).unwrap_or_default();
    files.iter().filter_map(|r| r["file"].as_str()).collect()
}

fn symlink(to: &str, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[test]
fn files_are_followed_however_they_change() {
    let site = Site::new("rules: {shipped: false, folders: [rules, mounted]}\n");
    site.write("rules/a.yml", &rule("a", "A"));
    let run = site.start();
    let first = site.wait("what is missing is told", |s| refused(s) == ["mounted/"]);
    assert_eq!((&first["generation"], names(&first)), (&1.into(), vec!["a"]));
    // Several at once, one of them in a folder that is new.
    for name in ["b", "c"] {
        site.write(&format!("rules/{name}.yml"), &rule(name, name));
    }
    site.write("rules/deep/er/d.yml", &rule("d", "D"));
    site.wait_for(&["a", "b", "c", "d"]);
    // An editor: copies and locks that are no rules, then another file in the place of the old one.
    site.write("rules/.a.yml.swp", "b0VIM");
    site.write("rules/a.yml~", &rule("old", "Old"));
    site.write("rules/a.yml.new", &rule("a2", "A"));
    std::fs::rename(site.path("rules/a.yml.new"), site.path("rules/a.yml")).unwrap();
    site.wait_for(&["a2", "b", "c", "d"]);
    // Half written, then whole.
    let whole = rule("e", "E");
    site.write("rules/e.yml", "");
    site.write("rules/e.yml", &whole[..whole.len() - 30]);
    std::thread::sleep(Duration::from_millis(400));
    site.write("rules/e.yml", &whole);
    site.wait_for(&["a2", "b", "c", "d", "e"]);
    // Renamed, removed.
    std::fs::rename(site.path("rules/b.yml"), site.path("rules/deep/bb.yml")).unwrap();
    std::fs::remove_file(site.path("rules/c.yml")).unwrap();
    std::fs::remove_dir_all(site.path("rules/deep/er")).unwrap();
    let status = site.wait_for(&["a2", "b", "e"]);
    assert_eq!(status["rules"]["b"]["file"], "rules/deep/bb.yml");
    // A folder that appears later, as Kubernetes mounts a config map, and its swap.
    for (folder, name) in [("..1", "k1"), ("..2", "k2")] {
        site.write(&format!("mounting/{folder}/k.yml"), &rule(name, "K"));
    }
    symlink("..1", &site.path("mounting/..data"));
    symlink("..data/k.yml", &site.path("mounting/k.yml"));
    std::fs::rename(site.path("mounting"), site.path("mounted")).unwrap();
    let status = site.wait_for(&["a2", "b", "e", "k1"]);
    assert_eq!(refused(&status), Vec::<&str>::new());
    symlink("..2", &site.path("mounted/..data_tmp"));
    std::fs::rename(site.path("mounted/..data_tmp"), site.path("mounted/..data")).unwrap();
    site.wait_for(&["a2", "b", "e", "k2"]);
    // A volume that is gone is no reason to stop detecting.
    std::fs::rename(site.path("mounted"), site.path("away")).unwrap();
    let status = site.wait("the folder is told", |s| refused(s) == ["mounted/"]);
    assert_eq!(names(&status), ["a2", "b", "e", "k2"]);
    // Every step is in the history, each with what changed.
    let history = site.json(&["policy", "history"]);
    let all: Vec<String> =
        history.as_array().unwrap().iter().map(|g| g["diff"]["rules"].to_string()).collect();
    for wanted in ["\"a2\"", "\"k1\"", "\"k2\"", "\"c\""] {
        assert!(all.iter().any(|diff| diff.contains(wanted)), "{wanted}: {all:#?}");
    }
    assert!(history.as_array().unwrap().iter().all(|g| g["author_kind"] == "file"));
    drop(run);
}

#[test]
fn a_bad_file_is_refused_by_name_and_the_old_one_stays() {
    let site = Site::new("rules: {shipped: false}\n");
    site.write("rules/a.yml", &rule("a", "A"));
    let mut run = site.start();
    site.wait_for(&["a"]);
    site.write("rules/a.yml", "title: A\nlogsource: {product: webex}\ndetection:\n    condition: nothing\n");
    site.write("rules/b.yml", &rule("b", "B"));
    run.says("rules/a.yml");
    let status = site.wait("the file is told", |s| refused(s) == ["rules/a.yml"] && names(s) == ["a", "b"]);
    assert!(status["refused"][0]["reason"].as_str().unwrap().contains("line"), "{status}");
    assert_eq!(status["refused"][0]["kept"], true);
    // Asking again says so, by its exit code too.
    let asked = site.run(&["policy", "reload"]).exits(1);
    assert!(asked.stderr.contains("rules/a.yml"), "{}", asked.stderr);
    // Nor does a bad configuration change anything, and a signal ends nothing.
    let config = std::fs::read_to_string(&site.config).unwrap();
    site.write("ringfence.yaml", &format!("{config}lateness_hours: 0\n"));
    run.signal("HUP");
    let status = site.wait("the configuration is told", |s| refused(s).contains(&"ringfence.yaml"));
    assert_eq!(names(&status), ["a", "b"]);
    // Mended: nothing is refused any more.
    site.write("ringfence.yaml", &format!("{config}lateness_hours: 12\n"));
    site.write("rules/a.yml", &rule("a", "A again"));
    let status = site.wait("mended", |s| refused(s).is_empty() && s["generation"].as_u64() > Some(2));
    let changed = site.json(&["policy", "history"]);
    assert!(changed.to_string().contains("lateness_hours"), "{changed}");
    // A process that starts with a bad file goes back to what was last good of it.
    drop(run);
    site.write("rules/a.yml", "title: [\n");
    let idle = site.run(&["run", "--until-idle"]).exits(2);
    assert!(idle.stderr.contains("rules/a.yml"), "{}", idle.stderr);
    let after = site.json(&["policy", "status"]);
    assert_eq!((names(&after), &after["generation"]), (vec!["a", "b"], &status["generation"]), "{after}");
}

#[test]
fn windows_go_on_unless_what_they_count_has_changed() {
    let site = Site::new("rules: {shipped: false}\n");
    site.write("rules/same.yml", &six_within("same", "Same", "1h"));
    site.write("rules/said.yml", &six_within("said", "Said so", "1h"));
    site.write("rules/counted.yml", &six_within("counted", "Counted", "1h"));
    let mut run = site.start();
    site.ingest("first.ndjson", 0..3);
    run.says("3 records evaluated");
    site.write("rules/said.yml", &six_within("said", "Said otherwise", "1h"));
    site.write("rules/counted.yml", &six_within("counted", "Counted", "2h"));
    let status = site.wait("changed", |s| s["generation"] == 2 || s["generation"] == 3);
    let windows = site.json(&["policy", "diff", "1", &status["generation"].to_string()]);
    let changed = windows["diff"]["rules"]["changed"].as_array().unwrap();
    let window = |name: &str| changed.iter().find(|c| c["name"] == name).map(|c| c["window"].clone());
    assert_eq!(
        (window("said"), window("counted"), window("same")),
        (Some("kept".into()), Some("reset".into()), None)
    );
    site.ingest("second.ndjson", 3..6);
    let end = Instant::now() + LIMIT;
    while site.found("rule:said").is_empty() {
        assert!(Instant::now() < end, "no finding: {}", site.json(&["policy", "status"]));
        std::thread::sleep(Duration::from_millis(100));
    }
    let found = site.found("rule:said");
    assert_eq!((found.len(), &found[0]["title"]), (1, &"Said otherwise".into()), "{found:?}");
    assert!(found[0]["provenance"]["generation"].as_u64() > Some(1));
    assert_eq!(site.found("rule:same").len(), 1);
    assert_eq!(site.found("rule:counted"), Vec::<Value>::new());
    drop(run);
}

#[test]
fn a_person_goes_back_and_it_holds_until_files_change() {
    let site = Site::new("rules: {shipped: false}\n");
    site.write("rules/a.yml", &rule("a", "A"));
    // Nobody evaluates: said, with what the files are like.
    let nobody = site.run(&["policy", "reload"]).exits(3);
    assert!(nobody.stderr.contains("no service is running"), "{}", nobody.stderr);
    let run = site.start();
    site.write("rules/b.yml", &rule("b", "B"));
    let second = site.wait_for(&["a", "b"]);
    site.run(&["policy", "rollback", "77"]).exits(2);
    let back = site.run(&["policy", "rollback", "1", "--reason", "ticket 7", "--by", "ana"]).ok();
    assert!(back.stderr.contains("until a file"), "{}", back.stderr);
    let status = site.wait_for(&["a"]);
    assert_eq!((&status["author_kind"], &status["author"]), (&"user".into(), &"ana".into()));
    assert_eq!(status["reason"], "rollback to 1: ticket 7");
    site.run(&["policy", "reload"]).ok();
    assert_eq!(names(&site.json(&["policy", "status"])), ["a"]);
    // Also for the next process.
    drop(run);
    let run = site.start();
    let again = site.wait_for(&["a"]);
    assert_eq!(again["generation"], status["generation"]);
    site.write("rules/c.yml", &rule("c", "C"));
    site.wait_for(&["a", "b", "c"]);
    drop(run);
    // Where nobody runs, it is in force with the next start.
    let number = second["generation"].to_string();
    site.run(&["policy", "rollback", &number]).ok();
    site.run(&["run", "--until-idle"]).ok();
    assert_eq!(names(&site.json(&["policy", "status"])), ["a", "b"]);
    let shown = site.run(&["policy", "show", "1", "--file", "rules/a.yml"]).ok();
    assert_eq!(shown.stdout, rule("a", "A"));
}

#[test]
fn a_check_says_what_would_be_refused() {
    let site = Site::new("rules: {folders: [rules]}\n");
    site.write("rules/a.yml", &rule("a", "A"));
    let fine = site.run(&["config", "check"]).ok();
    assert!(fine.stdout.starts_with("ok") && fine.stdout.contains("rules"), "{}", fine.stdout);
    site.write("rules/b.yml", &rule("b", "B").replace("called_country", "called_contry"));
    let bad = site.run(&["config", "check"]).exits(2);
    assert!(bad.stderr.contains("rules/b.yml") && bad.stderr.contains("called_country"), "{}", bad.stderr);
}
