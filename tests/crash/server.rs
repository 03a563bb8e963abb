//! The private PostgreSQL of the test, its databases, and what is in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ringfence::store::cluster::{Cluster, ClusterOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tokio::runtime::Runtime;

pub struct Server {
    cluster: Cluster,
    runtime: Runtime,
    _dir: tempfile::TempDir,
}

/// A folder that the server's user may pass through when we are root.
pub fn temp() -> tempfile::TempDir {
    let dir = tempfile::Builder::new().prefix("rf-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

pub fn url(database: &str, socket: &Path) -> String {
    format!("postgres://ringfence@localhost/{database}?host={}", socket.display())
}

impl Server {
    pub fn start() -> Server {
        let dir = temp();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // Durable, because the program refuses a server that is not.
        let options = ClusterOptions {
            data_dir: dir.path().to_owned(),
            bin_dir: None,
            durable: true,
            command: "crash test".to_owned(),
        };
        let cluster = runtime.block_on(Cluster::start(options)).unwrap();
        Server { cluster, runtime, _dir: dir }
    }

    pub fn socket(&self) -> PathBuf {
        self.cluster.socket_dir().to_owned()
    }

    /// An empty database; commits do not wait for the disk, which only the end of the server could show.
    pub fn make(&self, database: &str) {
        self.with("template1", async |connection| {
            for sql in [
                // Nobody is ever connected to this template: another one cannot be copied while somebody is.
                format!("create database {database} template template0"),
                format!("alter database {database} set synchronous_commit = off"),
            ] {
                sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
            }
        });
    }

    pub fn remove(&self, database: &str) {
        self.with("template1", async |connection| {
            let sql = format!("drop database {database} with (force)");
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
        });
    }

    fn with<T>(&self, database: &str, work: impl AsyncFnOnce(&mut PgConnection) -> T) -> T {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&url(database, &self.socket())).await.unwrap();
            let done = work(&mut connection).await;
            connection.close().await.unwrap();
            done
        })
    }

    /// Waits until nobody else is connected: the sessions of killed processes end only when the server notices.
    pub fn wait_until_alone(&self, database: &str) {
        let give_up = Instant::now() + Duration::from_secs(30);
        let sql = "select count(*) from pg_stat_activity
                   where datname = current_database() and pid <> pg_backend_pid()";
        while self.with(database, async |c| sqlx::query_scalar::<_, i64>(sql).fetch_one(c).await.unwrap()) > 0
        {
            assert!(Instant::now() < give_up, "sessions of killed processes do not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes the lease of a killed process free, as the five seconds would that its beat must stand still.
    pub fn free_lease(&self, database: &str) {
        let sql = "do $$ begin
                       if to_regclass('engine_lease') is not null then update engine_lease set holder = ''; end if;
                   end $$";
        self.with(database, async |c| sqlx::query(sql).execute(c).await.map(|_| ()).unwrap());
    }

    /// How often each record is in the log.
    pub fn records(&self, database: &str) -> BTreeMap<u128, i64> {
        let sql = "select record_id, count(*) from record_log group by 1";
        self.with(database, async |c| {
            let rows = sqlx::query(sql).fetch_all(c).await.unwrap();
            rows.iter().map(|r| (r.get::<uuid::Uuid, _>(0).as_u128(), r.get(1))).collect()
        })
    }

    /// Consumers whose cursor is not at the end of the log; also when there is none.
    pub fn behind(&self, database: &str) -> Vec<String> {
        let sql = "with last as (select txn, seq from record_log order by txn desc, seq desc limit 1)
                   select format('%s at (%s, %s), the log ends at (%s, %s)', consumer, c.txn, c.seq, l.txn, l.seq)
                   from last l left join log_cursor c on true
                   where (c.txn, c.seq) is distinct from (l.txn, l.seq)";
        self.texts(database, sql)
    }

    /// Findings whose revisions are not 1 to n.
    pub fn broken_revisions(&self, database: &str) -> Vec<String> {
        let sql = "select format('%s has revision %s and kept %s', f.id, f.revision, r.kept)
                   from finding f left join lateral (
                       select array_agg(revision order by revision) as kept from finding_revision r
                       where r.org_id = f.org_id and r.id = f.id) r on true
                   where r.kept is distinct from
                       (select array_agg(i order by i) from generate_series(1, f.revision) as i)";
        self.texts(database, sql)
    }

    /// Revisions, withdrawn findings: to see that the traffic asks something of the machine.
    pub fn effort(&self, database: &str) -> (i64, i64) {
        let sql = "select (select count(*) from finding_revision where revision > 1),
                          (select count(*) from finding where status = 'withdrawn')";
        self.with(database, async |c| {
            let row = sqlx::query(sql).fetch_one(c).await.unwrap();
            (row.get(0), row.get(1))
        })
    }

    fn texts(&self, database: &str, sql: &'static str) -> Vec<String> {
        self.with(database, async |c| sqlx::query_scalar(sql).fetch_all(c).await.unwrap())
    }
}
