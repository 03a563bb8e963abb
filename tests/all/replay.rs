//! `ringfence replay`: the log alone gives the stored findings, and shows when they are not what it gives.

use ringfence::store::cluster::{Cluster, ClusterOptions};
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::harness::Run;
use crate::log::{Kept, settled};
use crate::records::{self, DAY, HOUR, MINUTE, MONDAY, toll_fraud};

impl Kept {
    /// Evaluates pieces one after the other, each by a process of its own.
    fn feed(&self, pieces: &[Vec<Map<String, Value>>]) {
        for piece in pieces {
            let file = self.bench.write("piece.ndjson", records::ndjson(piece));
            self.run(&["ingest", &file]).ok();
            self.run(&["run", "--until-idle"]).ok();
        }
    }

    fn replay(&self, args: &[&str]) -> Run {
        self.run(&[&["replay", "--from", "2026-01-01"], args].concat())
    }

    /// Changes the database behind the program's back; how many rows.
    fn tamper(&self, sql: &str) -> u64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = ClusterOptions {
                data_dir: self.data.clone().into(),
                bin_dir: None,
                durable: true,
                command: "test".to_owned(),
            };
            let cluster = Cluster::start(options).await.unwrap();
            let mut connection = PgConnection::connect_with(&cluster.connect_options()).await.unwrap();
            let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            cluster.halt();
            done.rows_affected()
        })
    }
}

/// Pieces of no order, each reaching over the whole time, and each holding some of another.
fn shuffled_pieces(records: &[Map<String, Value>]) -> Vec<Vec<Map<String, Value>>> {
    const PIECES: usize = 4;
    (0..PIECES)
        .map(|piece| {
            let mut taken: Vec<_> = records
                .iter()
                .enumerate()
                .filter(|(i, _)| (i * 7 + i / 5) % PIECES == piece || i % 31 == piece)
                .map(|(_, record)| record.clone())
                .collect();
            taken.reverse();
            taken
        })
        .collect()
}

/// Two users in trouble in one night, so that there are several findings.
fn traffic() -> Vec<Map<String, Value>> {
    let mut records = toll_fraud();
    records.extend((0..14).map(|n| {
        let call = records::Call {
            id: 5_000 + n,
            user: 2,
            start: MONDAY + 19 * DAY + 26 * HOUR + i64::from(n) * 3 * MINUTE,
            called: format!("+3725012{:04}", 3_000 + n % 3),
            seconds: 170,
        };
        call.record()
    }));
    records
}

fn ids(findings: &[Value]) -> Vec<String> {
    let mut ids: Vec<String> = findings.iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect();
    ids.sort_unstable();
    ids
}

/// Wide enough for pieces that reach over three weeks.
const PATIENT: &str = "lateness_hours: 720\n";

fn evaluated() -> (Kept, Vec<Value>) {
    let kept = Kept::new();
    kept.bench.write("ringfence.yaml", PATIENT);
    kept.feed(&shuffled_pieces(&traffic()));
    let stored = kept.findings();
    assert!(stored.len() > 1, "{stored:?}");
    (kept, stored)
}

#[test]
fn the_log_gives_what_is_stored_and_says_what_is_not() {
    let (kept, stored) = evaluated();
    let run = kept.replay(&["--verify"]).ok();
    let all = format!("{} findings identical, 0 missing, 0 surplus, 0 different", stored.len());
    assert!(run.stderr.contains(&all) && run.stdout.is_empty(), "{}{}", run.stdout, run.stderr);
    assert_eq!(settled(kept.replay(&["--format", "ndjson"]).ok().findings()), stored);

    // A record that is not evaluated yet is not replayed either.
    let later = records::ndjson(&[records::Call {
        id: 99_999,
        user: 1,
        start: MONDAY + 21 * DAY,
        called: "+37120129999".to_owned(),
        seconds: 170,
    }
    .record()]);
    let file = kept.bench.write("later.ndjson", later);
    kept.run(&["ingest", &file]).ok();
    kept.replay(&["--verify"]).ok();

    let (gone, changed) = (stored[0]["id"].as_str().unwrap(), stored[1]["id"].as_str().unwrap());
    assert_eq!(kept.tamper(&format!("delete from finding where id = '{gone}'")), 1);
    let other = "replace(content::text, '\"score\":', '\"score\":0.0123,\"was\":')::json";
    assert_eq!(kept.tamper(&format!("update finding set content = {other} where id = '{changed}'")), 1);
    let invented = "insert into finding select org_id, 'invented', detector, kind, severity, score, subject_kind, \
                    subject_id, subject_name, title, first_event, last_event, raised_at, revision, status, generation, \
                    digest, evidence, replace(content::text, id, 'invented')::json from finding limit 1";
    assert_eq!(kept.tamper(invented), 1);
    let run = kept.replay(&["--verify", "--format", "ndjson"]).exits(1);
    let said: Vec<(String, String, Value)> = run
        .findings()
        .iter()
        .map(|d| {
            let text = |name: &str| d[name].as_str().unwrap().to_owned();
            (text("what"), text("id"), d["differs_in"].clone())
        })
        .collect();
    let wanted = |what: &str, id: &str, parts: Value| (what.to_owned(), id.to_owned(), parts);
    assert_eq!(said.len(), 3, "{}", run.stdout);
    for difference in [
        wanted("missing", gone, serde_json::json!([])),
        wanted("different", changed, serde_json::json!(["score"])),
        wanted("surplus", "invented", serde_json::json!([])),
    ] {
        assert!(said.contains(&difference), "{difference:?}: {}", run.stdout);
    }
    // Nothing of it lies after the last call.
    kept.run(&["replay", "--from", "2027-01-01", "--verify"]).ok();
    kept.run(&["replay", "--from", "2020-01-01", "--to", "2020-02-01", "--verify"]).ok();
}

#[test]
fn findings_go_into_a_scratch_schema_and_nowhere_else() {
    let (kept, stored) = evaluated();
    let run = kept.replay(&["--into", "again"]).ok();
    assert!(run.stdout.is_empty() && run.stderr.contains("written into schema again"), "{}", run.stderr);
    let query = |schema: &str| format!("select id, title, evidence from {schema}.finding");
    let compared = kept.run(&["db", "sql", "--format", "ndjson", &query("again")]).ok();
    assert_eq!(ids(&compared.findings()), ids(&stored));
    let sum = format!("select count(*) as n from ({} except {}) d", query("again"), query("public"));
    let left = kept.run(&["db", "sql", "--format", "ndjson", &sum]).ok();
    assert_eq!(left.findings()[0]["n"], 0);

    let refused = kept.replay(&["--into", "again"]).exits(2);
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    kept.run(&["replay", "--from", "2027-01-01", "--into", "again", "--replace"]).ok();
    let compared = kept.run(&["db", "sql", "--format", "ndjson", &query("again")]).ok();
    assert!(compared.findings().is_empty());
    for name in ["public", "pg_catalog", "a b", "x; drop schema public cascade"] {
        let refused = kept.replay(&["--into", name, "--replace"]).exits(2);
        assert!(refused.stderr.contains("nothing is written"), "{}", refused.stderr);
    }
    assert_eq!(kept.findings(), stored);
}

#[test]
fn what_the_evaluation_set_aside_is_left_out() {
    let kept = Kept::new();
    let records = traffic();
    let start = |record: &Map<String, Value>| record["Start time"].as_str().unwrap().to_owned();
    let third_week = records::iso(MONDAY + 14 * DAY);
    let (late, first): (Vec<_>, Vec<_>) = records.iter().cloned().partition(|r| start(r) < third_week);
    kept.feed(&[first, late]);
    let stored = kept.findings();
    let whole = kept.bench.write("all.ndjson", records::ndjson(&records));
    let in_time = settled(kept.bench.run(&["scan", "--format", "ndjson", &whole]).ok().findings());
    assert_ne!(stored, in_time, "late records changed nothing, so this shows nothing");
    kept.replay(&["--verify"]).ok();

    // As if the detector had failed on a record that one of its findings rests on.
    let parked = kept.tamper(
        "insert into parked_record (org_id, detector, record_id, report_time, reason, digest)
         select org_id, detector, evidence[1], last_event, 'a test', '' from finding where cardinality(evidence) > 1 limit 1",
    );
    assert_eq!(parked, 1);
    let run = kept.replay(&["--verify"]).exits(1);
    assert!(run.stdout.contains("evidence"), "{}", run.stdout);
}
