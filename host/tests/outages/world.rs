//! A private server that a test may break, a feed of records into it, and the lines that were logged meanwhile.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use model::{Event, FieldId, NameTable, RecordId};
use ringfence::config::{Config, Database};
use ringfence::store::cluster::{Cluster, ClusterOptions};
use ringfence::store::{Options, Outage, Patience, Position, Store, StoreError, WriteCounts};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Records of a feed: some come twice.
pub const FED: u128 = 26_000;
pub const DIFFERENT: u128 = 21_000;

/// How long anything may take on a machine that is busy.
pub const LIMIT: Duration = Duration::from_secs(90);

const MARCH: i64 = 1_772_359_200_000; // 2026-03-01T10:00:00Z

pub fn temp() -> tempfile::TempDir {
    let dir = tempfile::Builder::new().prefix("rf-").tempdir_in("/tmp").unwrap();
    // As root the server is another user, who must pass through.
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

pub async fn cluster(dir: &Path) -> Cluster {
    let options = ClusterOptions {
        data_dir: dir.to_owned(),
        bin_dir: None,
        durable: false,
        command: "test".to_owned(),
    };
    Cluster::start(options).await.unwrap()
}

pub fn options() -> Options {
    Options { durable: false, ..Options::new("test") }
}

pub async fn embedded(dir: &Path) -> Store {
    Store::open(&Config::default(), dir, &options()).await.unwrap()
}

pub fn url(socket: &Path, user: &str, database: &str) -> String {
    format!("postgres://{user}@localhost/{database}?host={}", socket.display())
}

pub async fn by_url(url: String) -> Store {
    let config = Config { database: Database::Url(url), ..Config::default() };
    Store::open(&config, Path::new("/nonexistent"), &options()).await.unwrap()
}

/// A session of the test's own, without our time limits.
pub async fn admin(socket: &Path) -> PgConnection {
    PgConnection::connect(&url(socket, "ringfence", "ringfence")).await.unwrap()
}

pub async fn tell(admin: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(admin).await.unwrap();
}

pub fn patient(seconds: u64) -> Patience {
    Patience { limit: Duration::from_secs(seconds), ..Patience::default() }
}

fn event(names: &NameTable, id: u128) -> Event {
    let mut event = Event::default();
    event.id = RecordId(id);
    event.set_millis(FieldId::report_time, MARCH + id as i64);
    event.set_millis(FieldId::start_time, MARCH + id as i64);
    event.set_name(FieldId::user, names.intern("user-1").unwrap());
    event
}

/// A feed in two halves: it stops after the first until it is told to go on.
pub struct Feed {
    task: tokio::task::JoinHandle<Result<WriteCounts, StoreError>>,
    go: std::sync::mpsc::Sender<()>,
}

impl Feed {
    pub async fn start(store: &Store, patience: &Patience) -> Feed {
        let feed = Feed::begin(store, patience).await;
        // At least one batch is in; another may be on its way.
        until("the first batch is stored", async || stored_any(store).await).await;
        feed
    }

    /// The same without waiting for the first batch.
    pub async fn begin(store: &Store, patience: &Patience) -> Feed {
        let names = Arc::new(NameTable::default());
        let mut writer = store.patient_log_writer(&names, patience, &Outage::new()).await.unwrap();
        let (go, wait) = std::sync::mpsc::channel();
        let task = tokio::task::spawn_blocking(move || {
            for i in 0..FED {
                if i == FED / 2 {
                    wait.recv().unwrap();
                }
                let id = i % DIFFERENT;
                writer.append(&event(&names, id), format!("{{\"Report ID\":\"{id}\"}}").as_bytes())?;
            }
            writer.finish()
        });
        Feed { task, go }
    }

    pub fn go_on(&self) {
        self.go.send(()).unwrap();
    }

    pub async fn end(self) -> Result<WriteCounts, StoreError> {
        tokio::time::timeout(LIMIT, self.task).await.expect("the feed never ended").unwrap()
    }

    /// Everything arrived once and was counted right.
    pub async fn end_exactly(self, store: &Store) {
        let counts = self.end().await.unwrap();
        assert_eq!(
            (u128::from(counts.new), u128::from(counts.duplicates)),
            (DIFFERENT, FED - DIFFERENT),
            "{counts:?}"
        );
        assert_eq!(stored(store).await, (0..DIFFERENT).collect::<Vec<_>>());
    }
}

async fn stored_any(store: &Store) -> bool {
    !store.read_log(Position::START, None, 1).await.unwrap().is_empty()
}

/// Identities in the log, sorted, as a reader sees them.
pub async fn stored(store: &Store) -> Vec<u128> {
    let mut after = Position::START;
    let mut ids = Vec::new();
    loop {
        let rows = store.read_log(after, None, 10_000).await.unwrap();
        let Some(last) = rows.last() else { break };
        after = last.position;
        ids.extend(rows.iter().map(|r| r.id.0));
    }
    ids.sort_unstable();
    ids
}

pub async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !done().await {
        assert!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What is logged on this thread from now on; a test's runtime has no other.
pub struct Said {
    text: Arc<Mutex<Vec<u8>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

#[derive(Clone)]
struct Into(Arc<Mutex<Vec<u8>>>);

impl Write for Into {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Said {
    pub fn listen() -> Said {
        let text = Arc::new(Mutex::new(Vec::new()));
        let into = Into(text.clone());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_ansi(false)
            .with_writer(move || into.clone())
            .finish();
        Said { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }

    pub fn away(&self) -> usize {
        self.text().matches("trying again until it is back").count()
    }

    pub fn back(&self) -> usize {
        self.text().matches("the database is back after").count()
    }

    pub async fn until_away(&self) {
        until("it says that the database is away", async || self.away() > 0).await;
        // Some attempts more, which say nothing.
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!((self.away(), self.back()), (1, 0), "{}", self.text());
    }

    /// Once away with these words, once back.
    pub fn once(&self, why: &str) {
        let text = self.text();
        assert_eq!((self.away(), self.back()), (1, 1), "{text}");
        assert!(text.contains(why), "{text}");
    }
}
