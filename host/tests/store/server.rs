//! One private server for the whole binary, started by the first test and stopped when no test uses it any more; each test has
//! a database of its own, cloned from a migrated template.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use ringfence::config::{Config, Database};
use ringfence::store::cluster::{Cluster, ClusterOptions};
use ringfence::store::{Options, Store};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub struct Server {
    cluster: Cluster,
    next: AtomicU32,
    _dir: tempfile::TempDir,
}

static SERVER: tokio::sync::Mutex<Weak<Server>> = tokio::sync::Mutex::const_new(Weak::new());

async fn server() -> Arc<Server> {
    let mut known = SERVER.lock().await;
    if let Some(server) = known.upgrade() {
        return server;
    }
    let dir = tempfile::Builder::new().prefix("rf-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let options = ClusterOptions {
        data_dir: dir.path().to_owned(),
        bin_dir: None,
        durable: false,
        command: "test".to_owned(),
    };
    let cluster = Cluster::start(options).await.unwrap();
    let server = Arc::new(Server { cluster, next: AtomicU32::new(0), _dir: dir });
    // Migrates the template.
    open(&server, "ringfence").await.close().await;
    *known = Arc::downgrade(&server);
    server
}

pub fn url(server: &Server, database: &str) -> String {
    format!("postgres://ringfence@localhost/{database}?host={}", server.cluster.socket_dir().display())
}

pub async fn open(server: &Server, database: &str) -> Store {
    let config = Config { database: Database::Url(url(server, database)), ..Config::default() };
    let options = Options { durable: false, ..Options::new("test") };
    Store::open(&config, std::path::Path::new("/nonexistent"), &options).await.unwrap()
}

/// A fresh database and the server that holds it.
pub async fn fresh() -> (Store, String, Arc<Server>) {
    let server = server().await;
    let name = format!("t{}", server.next.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&url(&server, "template1")).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create database {name} template ringfence")))
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
    (open(&server, &name).await, name, server)
}
