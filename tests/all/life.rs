//! The life of a plugin in a running service: it comes, is replaced in the middle of a count, breaks, goes back and goes.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::policy::{Site, refused};
use crate::service::LIMIT;

#[path = "../../host/tests/guests/build.rs"]
#[allow(dead_code, reason = "the tests of the guests use all of it")]
mod build;

/// Operators let plugins do what they ask for.
const CONFIG: &str = "rules: {shipped: false}\nplugins: {good: {grant: [names, directory, state, log]}, tally: {grant: [names, state]}}\n";

fn site() -> Site {
    let site = Site::new(CONFIG);
    std::fs::create_dir(site.path("plugins")).unwrap();
    site
}

/// A guest, with a text in it replaced by another one of that length.
fn replaced(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    bytes
}

/// A guest that says it is that version: another digest with each.
fn version(guest: &str, version: &str) -> Vec<u8> {
    let known = if guest == "tally-next" { "2.0.0" } else { "1.2.3" };
    let of = |version: &str| format!("version = \"{version}\"");
    replaced(build::component(guest), &of(known), &of(version))
}

/// Puts a file into the folder as a careful person does: written beside it, then moved.
fn install(site: &Site, name: &str, bytes: &[u8]) {
    let half = site.path(&format!("plugins/{name}.new"));
    std::fs::write(&half, bytes).unwrap();
    std::fs::rename(half, site.path(&format!("plugins/{name}"))).unwrap();
}

fn plugin(status: &Value, id: &str) -> String {
    status["plugins"][id]["version"].as_str().unwrap_or("none").to_owned()
}

/// How many rows the user was seen with, how often that was told anew, and in which form it is kept.
fn tally(site: &Site) -> (u64, Option<u64>) {
    let found = site.found("tally");
    assert!(found.len() <= 1, "{found:#?}");
    let of = |key: &str| found.first().and_then(|f| f["attributes"][key].as_u64());
    (of("rows").unwrap_or(0), of("form"))
}

#[track_caller]
fn wait_for(site: &Site, wanted: (u64, Option<u64>)) {
    let end = Instant::now() + LIMIT;
    while tally(site) != wanted {
        assert!(Instant::now() < end, "{wanted:?}: {:?} {:#}", tally(site), site.json(&["policy", "status"]));
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn is_swap(status: &Value, id: &str) -> bool {
    status["swapped"].as_array().is_some_and(|ids| ids.iter().any(|i| i == id))
        && status["restarted"] == false
}

#[test]
fn a_plugin_is_dropped_in_replaced_in_the_middle_and_taken_away() {
    let site = site();
    let mut run = site.start();
    // The folder is watched although nothing was in it. It reads the log from its beginning.
    site.ingest("first.ndjson", 0..3);
    run.says("3 records evaluated");
    install(&site, "tally.wasm", &version("tally", "1.2.3"));
    let first = site.wait("it is there", |s| plugin(s, "tally") == "1.2.3");
    wait_for(&site, (3, None));
    // Replaced while the count is half full: it goes on with the next record, and nothing else starts anew.
    install(&site, "tally.wasm", &version("tally", "1.2.4"));
    let second = site.wait("replaced", |s| plugin(s, "tally") == "1.2.4" && !s["swapped"].is_null());
    assert!(is_swap(&second, "tally"), "{second:#}");
    site.ingest("second.ndjson", 3..6);
    wait_for(&site, (6, None));
    let digest = site.found("tally")[0]["provenance"]["digest"].clone();
    assert_eq!(digest, second["plugins"]["tally"]["digest"]);
    assert_ne!(digest, first["plugins"]["tally"]["digest"]);
    // The history tells.
    let numbers = [&first, &second].map(|s| s["generation"].to_string());
    let diff = site.json(&["policy", "diff", &numbers[0], &numbers[1]]);
    assert_eq!(diff["diff"]["plugins"]["changed"][0]["name"], "tally", "{diff}");
    assert!(diff["summary"].as_str().unwrap().contains("1 plugin changed"), "{diff}");
    // A person goes back; it holds although the newer file lies there.
    let back = site.run(&["policy", "rollback", &numbers[0], "--reason", "worse", "--by", "ana"]).ok();
    assert!(back.stdout.contains("~ plugin tally"), "{}", back.stdout);
    let third = site.wait("gone back", |s| plugin(s, "tally") == "1.2.3" && !s["swapped"].is_null());
    assert!(is_swap(&third, "tally"), "{third:#}");
    site.ingest("third.ndjson", 6..8);
    wait_for(&site, (8, None));
    assert_eq!(site.found("tally")[0]["provenance"]["digest"], first["plugins"]["tally"]["digest"]);
    // Taken away: the others go on, and what it knows stays until somebody resets it.
    std::fs::remove_file(site.path("plugins/tally.wasm")).unwrap();
    let gone = site.wait("gone", |s| plugin(s, "tally") == "none" && !s["restarted"].is_null());
    assert_eq!(gone["restarted"], false, "{gone:#}");
    site.ingest("fourth.ndjson", 8..10);
    run.says("10 records evaluated");
    let state = site.json(&["state", "show"]);
    let keys = |state: &Value| state.as_array().unwrap().iter().find(|d| d["detector"] == "tally").cloned();
    assert_eq!(keys(&state).unwrap()["keys"], 1, "{state:#}");
    assert_eq!(tally(&site), (8, None));
    // Put back, it reads what it has missed, once.
    install(&site, "tally.wasm", &version("tally", "1.2.5"));
    wait_for(&site, (10, None));
    std::fs::remove_file(site.path("plugins/tally.wasm")).unwrap();
    site.wait("gone again", |s| plugin(s, "tally") == "none");
    site.run(&["state", "reset", "tally"]).ok();
    assert_eq!(keys(&site.json(&["state", "show"])), None);
    drop(run);
}

#[test]
fn what_is_not_good_enough_is_refused_by_name_and_the_old_one_goes_on() {
    let site = site();
    install(&site, "good.wasm", &version("good", "1.2.3"));
    install(&site, "tally.wasm", &version("tally", "1.2.3"));
    let run = site.start();
    let both = |s: &Value| (plugin(s, "good"), plugin(s, "tally"));
    site.wait("both", |s| both(s) == ("1.2.3".to_owned(), "1.2.3".to_owned()));
    site.ingest("first.ndjson", 0..3);
    wait_for(&site, (3, None));
    let said = |status: &Value| status["refused"][0]["reason"].as_str().unwrap_or_default().to_owned();
    // Half of a file, as a copy that broke off leaves it; and none at all.
    let whole = version("tally", "1.2.4");
    for broken in [&whole[..whole.len() / 2], b""] {
        std::fs::write(site.path("plugins/tally.wasm"), broken).unwrap();
        let status = site.wait("broken", |s| refused(s) == ["plugins/tally.wasm"]);
        assert_eq!(
            (plugin(&status, "tally"), &status["refused"][0]["kept"]),
            ("1.2.3".to_owned(), &true.into())
        );
        site.run(&["policy", "reload"]).exits(1);
        // Another half of it, so that there is something new to say.
        std::fs::write(site.path("plugins/tally.wasm"), &whole[..whole.len() / 3]).unwrap();
    }
    std::fs::write(site.path("plugins/tally.wasm"), &whole).unwrap();
    site.wait("mended", |s| refused(s).is_empty() && plugin(s, "tally") == "1.2.4");
    // Settings of a kind that its manifest does not have, and some that it refuses itself.
    let config = std::fs::read_to_string(site.path("ringfence.yaml")).unwrap();
    let with = |good: &str| config.replace("good: {", &format!("good: {{config: {good}, "));
    for (settings, words) in
        [("{greetings: hi}", "did you mean greeting"), ("{fail: true}", "it must be false")]
    {
        site.write("ringfence.yaml", &with(settings));
        let status = site.wait(settings, |s| refused(s) == ["ringfence.yaml"] && said(s).contains(words));
        assert_eq!(both(&status), ("1.2.3".to_owned(), "1.2.4".to_owned()));
    }
    site.write("ringfence.yaml", &with("{greeting: hi}"));
    let status = site.wait("set", |s| refused(s).is_empty() && is_swap(s, "good"));
    assert_eq!(status["swapped"], serde_json::json!(["good"]), "{status:#}");
    // A version that does not start with the settings there are.
    install(&site, "good.wasm", &replaced(version("good", "1.2.4"), "default = false", "default = true "));
    let status = site.wait("does not start", |s| refused(s) == ["plugins/good.wasm"]);
    assert!(said(&status).contains("it must be false"), "{status:#}");
    assert_eq!((both(&status).0, &status["refused"][0]["kept"]), ("1.2.3".to_owned(), &true.into()));
    // All this while the other one has counted on.
    site.ingest("second.ndjson", 3..6);
    wait_for(&site, (6, None));
    drop(run);
}

#[test]
fn state_is_taken_over_kept_and_gone_back_to() {
    let site = site();
    install(&site, "tally.wasm", &version("tally", "1.2.3"));
    let mut run = site.start();
    site.ingest("first.ndjson", 0..3);
    wait_for(&site, (3, None));
    let old = site.json(&["policy", "status"]);
    // Another form, and it says nothing of reading the one there is.
    let third = replaced(version("tally", "1.3.0"), "state_schema = 1", "state_schema = 3");
    install(&site, "tally.wasm", &third);
    let status = site.wait("refused", |s| refused(s) == ["plugins/tally.wasm"]);
    let reason = status["refused"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("form 1") && reason.contains("state reset tally"), "{reason}");
    assert_eq!(status["plugins"]["tally"]["digest"], old["plugins"]["tally"]["digest"]);
    site.ingest("second.ndjson", 3..4);
    wait_for(&site, (4, None));
    // One that reads it goes on with it in place, and what was there is kept.
    install(&site, "tally.wasm", &build::component("tally-next"));
    let status = site.wait("taken over", |s| plugin(s, "tally") == "2.0.0" && !s["swapped"].is_null());
    assert!(is_swap(&status, "tally"), "{status:#}");
    site.ingest("third.ndjson", 4..7);
    wait_for(&site, (7, Some(2)));
    let shown = |site: &Site| {
        let state = site.json(&["state", "show"]);
        let tally = state.as_array().unwrap().iter().find(|d| d["detector"] == "tally").cloned().unwrap();
        (
            tally["schema_versions"].to_string(),
            tally["kept"].as_array().unwrap().len(),
            tally["kept"][0].clone(),
        )
    };
    let (forms, copies, kept) = shown(&site);
    assert_eq!((forms.as_str(), copies), ("[2,2]", 1));
    assert_eq!(
        (&kept["schema_versions"], &kept["keys"], &kept["replaced_by"]),
        (&[1].into(), &1.into(), &2.into())
    );
    // Back: it cannot read what is there now, so it goes on from what was kept and reads the log again from there.
    let number = old["generation"].to_string();
    site.run(&["policy", "rollback", &number]).ok();
    run.says("goes back to kept state");
    site.ingest("fourth.ndjson", 7..8);
    wait_for(&site, (8, None));
    let (forms, copies, kept) = shown(&site);
    assert_eq!((forms.as_str(), copies), ("[1,1]", 1), "what the newer one knew is kept as well");
    assert_eq!(kept["schema_versions"], Value::from([2]));
    // Also where nobody evaluated meanwhile.
    drop(run);
    install(&site, "tally.wasm", &version("tally-next", "2.0.1"));
    let run = site.start();
    site.wait("the newer one again", |s| plugin(s, "tally") == "2.0.1");
    site.ingest("fifth.ndjson", 8..9);
    wait_for(&site, (9, Some(2)));
    assert_eq!(shown(&site).1, 2);
    // Reset forgets all of it, and then any version may begin.
    site.run(&["state", "reset", "tally", "--rewind"]).ok();
    install(&site, "tally.wasm", &third);
    site.wait("begins anew", |s| refused(s).is_empty() && plugin(s, "tally") == "1.3.0");
    wait_for(&site, (9, None));
    assert_eq!((shown(&site).0.as_str(), shown(&site).1), ("[3,3]", 0));
    drop(run);
}
