//! The private server of a benchmark and the bare ceiling on it: the same rows, made beforehand, by binary COPY into a temporary
//! stage plus insert on conflict do nothing, in the same table over one connection, 5,000 rows a transaction. Included by path.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence::config::{Config, Database};
use ringfence::directory::Directory;
use ringfence::source::Input;
use ringfence::store::cluster::{Cluster, ClusterOptions};
use ringfence::store::ingest::{IngestOptions, ingest};
use ringfence::store::{Options, Store};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

const COLUMNS: &str = "seq, org_id, report_time, start_time, record_id, duration, answered, event, user_id, user_name, location, \
     direction, call_type, calling_number, called_number, called_class, called_country, raw";

/// A durable private server in a folder of its own, with the schema.
pub struct Server {
    /// For files of the benchmark.
    pub dir: TempDir,
    /// The database as the product sees it.
    pub store: Store,
    /// Where it is.
    pub url: String,
    cluster: Cluster,
}

impl Server {
    /// Starts it.
    pub async fn start(command: &str) -> Server {
        let dir = tempfile::Builder::new().prefix("rf-bench-").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let options = ClusterOptions {
            data_dir: dir.path().join("data"),
            bin_dir: None,
            durable: true,
            command: command.to_owned(),
        };
        let cluster = Cluster::start(options).await.unwrap();
        let url = format!("postgres://ringfence@localhost/ringfence?host={}", cluster.socket_dir().display());
        let config = Config { database: Database::Url(url.clone()), ..Config::default() };
        let store = Store::open(&config, dir.path(), &Options::new(command)).await.unwrap();
        Server { dir, store, url, cluster }
    }

    /// A connection of the benchmark's own.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// Ends it.
    pub async fn stop(self) {
        self.store.close().await;
        tokio::task::spawn_blocking(move || drop(self.cluster)).await.unwrap();
    }

    /// The stored rows in COPY format, one transaction of the log each, by way of files the server writes where we can read them.
    pub async fn export(&self, connection: &mut PgConnection) -> Vec<Vec<u8>> {
        let mut batches = Vec::new();
        let transactions: Vec<i64> = sqlx::query_scalar("select distinct txn from record_log order by txn")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
        for transaction in transactions {
            let path = self.cluster.socket_dir().join("rows");
            let copy = format!(
                "copy (select {COLUMNS} from record_log where org_id in (select org_id from organisation) and txn = {transaction}
                 order by seq) to '{}' (format binary)",
                path.display()
            );
            sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut *connection).await.unwrap();
            batches.push(std::fs::read(&path).unwrap());
            std::fs::remove_file(&path).unwrap();
        }
        batches
    }
}

/// Reads a file into the log; `new` records must come of it.
pub async fn run_ingest(store: &Store, file: &Path, new: u64, workers: usize) -> Duration {
    let start = Instant::now();
    let options = IngestOptions { workers, ..IngestOptions::default() };
    let directory = Arc::new(Directory::from_config(&Config::default()));
    let done = ingest(store, vec![Input::File(file.to_owned())], directory, options).await.unwrap();
    assert_eq!(done.counts.new, new);
    start.elapsed()
}

/// Makes the stage of the ceiling, which lives as long as the connection.
pub async fn make_stage(connection: &mut PgConnection) {
    let stage = "create temp table record_stage (like record_log) on commit delete rows; alter table record_stage alter txn drop not null";
    sqlx::raw_sql(stage).execute(connection).await.unwrap();
}

/// The ceiling: what [`Server::export`] gave, back into the table.
pub async fn run_ceiling(connection: &mut PgConnection, batches: &[Vec<u8>]) -> Duration {
    let start = Instant::now();
    let insert = format!(
        "insert into record_log (txn, {COLUMNS}) select pg_current_xact_id()::text::bigint, {COLUMNS} from record_stage on conflict do nothing"
    );
    for batch in batches {
        let mut transaction = connection.begin().await.unwrap();
        let copy = format!("copy record_stage ({COLUMNS}) from stdin (format binary)");
        let mut stage = transaction.copy_in_raw(&copy).await.unwrap();
        stage.send(batch.as_slice()).await.unwrap();
        stage.finish().await.unwrap();
        sqlx::query(AssertSqlSafe(insert.as_str())).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
    start.elapsed()
}
