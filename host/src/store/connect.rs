//! Opening the database: private or by URL, checked, migrated.
//!
//! Owns what a server must be like to be trusted with records. Does not own starting the private one (`cluster`).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use super::cluster::{Cluster, ClusterOptions};
use super::error::is_transient;
use super::log::{Month, Months};
use super::retry::{Outage, Patience, Trying};
use super::{Inner, Store, StoreError};
use crate::config::{Config, Database};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// How to open a database, beyond what the configuration says.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who we are, for others that want the same data directory: `ringfence ingest`.
    pub command: String,
    /// Off only in tests: the private server then does not wait for the disk, a server by URL need not, and a power failure
    /// can destroy the data.
    pub durable: bool,
    /// Most connections.
    pub connections: u32,
    /// Longest wait for a connection.
    pub connect_limit: Duration,
    /// How long opening tries again when the database is away; zero fails at once.
    pub patience: Duration,
}

impl Options {
    /// For a command, durable, impatient.
    pub fn new(command: impl Into<String>) -> Options {
        Options {
            command: command.into(),
            durable: true,
            connections: 16,
            connect_limit: CONNECT_LIMIT,
            patience: Duration::ZERO,
        }
    }
}

/// Usual longest wait for a connection; a server that is there answers in milliseconds.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// Longest wait for a connection of a pool. While nothing listens the pool knocks again until then, so this is how long a
/// dead server can go unnoticed before somebody revives it.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);

/// The organisation of a database with one. Its name for people may change, this may not.
const DEFAULT_ORGANISATION: &str = "default";

/// What every session tells the server.
const SETTINGS: [(&str, &str); 8] = [
    // A row's times and a report's days are UTC whatever the server's setting is.
    ("timezone", "UTC"),
    // Nothing of ours holds a lock for more than a second or two; who waits longer waits for somebody else's session, and
    // better says so and tries again than stands in the queue before others.
    ("lock_timeout", "10s"),
    // A process that is stopped or frozen in the middle of a transaction must not keep its locks: the one that takes over
    // needs them, within 10 s. We never pause inside a transaction.
    ("idle_in_transaction_session_timeout", "5s"),
    // The slowest statement of ours counts a log of some hundred million records.
    ("statement_timeout", "5min"),
    // How the server notices over TCP that we are gone without a word (power, network), and ends our transaction: after
    // 30 s of silence it asks three times, or when what it sends is not acknowledged for 30 s.
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "30s"),
];

/// Bringing the schema up to date may rewrite tables, and waits for others that do so.
const MIGRATING: [(&str, &str); 3] =
    [("lock_timeout", "60s"), ("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "60s")];

/// How a command gets to its server.
#[derive(Debug)]
pub(super) struct Server {
    cluster: Option<Cluster>,
    connect: PgConnectOptions,
    limit: Duration,
}

impl Server {
    async fn find(config: &Config, data_dir: &Path, options: &Options) -> Result<Server, StoreError> {
        let (cluster, connect) = match &config.database {
            Database::Embedded => {
                let cluster = Cluster::start(ClusterOptions {
                    data_dir: data_dir.to_owned(),
                    bin_dir: config.postgres_bin_dir.clone(),
                    durable: options.durable,
                    command: options.command.clone(),
                })
                .await?;
                let connect = cluster.connect_options();
                (Some(cluster), connect)
            }
            Database::Url(url) => (None, parse_url(url)?),
        };
        let connect = connect.application_name("ringfence").options(SETTINGS);
        Ok(Server { cluster, connect, limit: options.connect_limit })
    }

    /// A connection of the caller's own.
    pub(super) async fn connect(&self) -> Result<PgConnection, StoreError> {
        self.connect_with(&self.connect).await
    }

    async fn connect_with(&self, connect: &PgConnectOptions) -> Result<PgConnection, StoreError> {
        tokio::time::timeout(self.limit, PgConnection::connect_with(connect))
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
            .map_err(|source| StoreError::Unreachable { place: place(&self.connect), source })
    }

    pub(super) async fn revive(&self) -> Result<(), StoreError> {
        match &self.cluster {
            Some(cluster) => Ok(cluster.revive().await?),
            None => {
                let connection = self.connect().await?;
                // It answered, which is all that was asked.
                let _ = connection.close().await;
                Ok(())
            }
        }
    }

    pub(super) fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    pub(super) fn halt(&self) {
        if let Some(cluster) = &self.cluster {
            cluster.halt();
        }
    }
}

pub(super) async fn open(config: &Config, data_dir: &Path, options: &Options) -> Result<Store, StoreError> {
    let patience = Patience { limit: options.patience, ..Patience::default() };
    let outage = Outage::new();
    let mut trying = Trying::new(None, &patience, &outage);
    let server = loop {
        match Server::find(config, data_dir, options).await {
            Ok(server) => break server,
            Err(error) => trying.again(error).await?,
        }
    };
    trying.worked();
    // The command that runs the private server may end at this very moment; that alone fails no command.
    let limit = match server.cluster() {
        Some(_) => options.patience.max(REPLACED),
        None => options.patience,
    };
    let patience = Patience { limit, ..Patience::default() };
    let mut trying = Trying::new(Some(&server), &patience, &outage);
    let (org, months) = loop {
        match set_up(&server, config, options).await {
            Ok(done) => break done,
            Err(error) => trying.again(error).await?,
        }
    };
    trying.worked();
    let reader = pool(&server.connect.clone().options(READER_PLANS), options);
    let pool = pool(&server.connect, options);
    Ok(Store { inner: Arc::new(Inner { pool, reader, org, months: Arc::new(months), server }) })
}

/// Opens the same database with the tables of another schema, which is made if it is not there. The private server, if there
/// is one, stays with `main`.
pub(super) async fn open_schema(
    main: &Store,
    schema: &str,
    config: &Config,
    options: &Options,
) -> Result<Store, StoreError> {
    let known = &main.inner.server;
    // Nothing else is on the path: a table that is missing must be made there, not found elsewhere.
    let connect = known.connect.clone().options([("search_path", schema)]);
    let server = Server { cluster: None, connect, limit: known.limit };
    let (org, months) = set_up(&server, config, options).await?;
    let reader = pool(&server.connect.clone().options(READER_PLANS), options);
    let pool = pool(&server.connect, options);
    Ok(Store { inner: Arc::new(Inner { pool, reader, org, months: Arc::new(months), server }) })
}

/// How long opening waits for another command to take over a private server that has just ended.
const REPLACED: Duration = Duration::from_secs(10);

/// Checks the server and brings the schema up to date.
async fn set_up(server: &Server, config: &Config, options: &Options) -> Result<(i32, Months), StoreError> {
    let mut first = server.connect_with(&server.connect.clone().options(MIGRATING)).await?;
    check_server(&mut first, options.durable).await?;
    migrate(&mut first).await?;
    let org = prepare(&mut first, &config.organisation).await?;
    let months = Months::default();
    months.load(partitions(&mut first).await?);
    // Not needed any more; the pools make their own.
    let _ = first.close().await;
    Ok((org, months))
}

/// The log is read in the order of its index. Right after a large ingest the planner knows no sizes yet and would fetch and
/// sort everything for each read; these make the index the only way.
const READER_PLANS: [(&str, &str); 3] =
    [("enable_sort", "off"), ("enable_bitmapscan", "off"), ("enable_seqscan", "off")];

fn pool(connect: &PgConnectOptions, options: &Options) -> PgPool {
    PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(options.connect_limit.min(ACQUIRE_LIMIT))
        .connect_lazy_with(connect.clone())
}

fn parse_url(url: &str) -> Result<PgConnectOptions, StoreError> {
    // The parser's message may quote what it could not read, and that may be the password.
    url.parse().map_err(|e: sqlx::Error| {
        let reason = match &e {
            sqlx::Error::Configuration(e) => e.to_string(),
            _ => "it is not a URL".to_owned(),
        };
        let hides = url.split_once('@').is_some_and(|(before, _)| {
            before.rsplit_once(':').is_some_and(|(_, secret)| !secret.is_empty() && reason.contains(secret))
        });
        StoreError::BadUrl(if hides { "it is not a URL".to_owned() } else { reason })
    })
}

/// Where we connect to, without user and password.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or("its default database");
    match options.get_socket() {
        Some(socket) => format!("{} ({database})", socket.display()),
        None => format!("{}:{} ({database})", options.get_host(), options.get_port()),
    }
}

/// Oldest server whose SQL we use.
const OLDEST_VERSION: i32 = 15_00_00;

async fn check_server(connection: &mut PgConnection, durable: bool) -> Result<(), StoreError> {
    let server = sqlx::query!(
        r#"select current_setting('server_version_num')::integer as "version!",
                  current_setting('server_version') as "version_text!",
                  current_setting('fsync') = 'on' as "fsync!",
                  current_setting('full_page_writes') = 'on' as "full_page_writes!",
                  current_setting('server_encoding') as "encoding!",
                  pg_is_in_recovery() as "in_recovery!""#
    )
    .fetch_one(connection)
    .await
    .map_err(StoreError::while_("asking the server what it is"))?;
    let unfit = |message: String| Err(StoreError::Unfit(message));
    if server.version < OLDEST_VERSION {
        return unfit(format!("it is PostgreSQL {}: 15 to 18 are supported", server.version_text));
    }
    if server.in_recovery {
        return unfit("it is a read-only standby: connect to the primary".to_owned());
    }
    if server.encoding != "UTF8" {
        return unfit(format!("its encoding is {}: make the database with encoding 'UTF8'", server.encoding));
    }
    if durable && !(server.fsync && server.full_page_writes) {
        let setting = if server.fsync { "full_page_writes" } else { "fsync" };
        return unfit(format!(
            "{setting} is off, so a power failure could lose or destroy records: set {setting} = on in postgresql.conf and reload"
        ));
    }
    Ok(())
}

async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    MIGRATIONS.run_direct(None, connection, false).await.map_err(|e| match e {
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) if is_transient(&e) => {
            StoreError::while_("bringing the schema up to date")(e)
        }
        MigrateError::VersionMissing(version) => StoreError::Migration(format!(
            "it was migrated to {version:04} by a newer ringfence: use that version"
        )),
        MigrateError::VersionMismatch(version) => StoreError::Migration(format!(
            "migration {version:04} was applied in another form: this build and the database do not belong together"
        )),
        other => StoreError::Migration(other.to_string()),
    })
}

/// The organisation, and the base of transaction numbers for this server.
async fn prepare(connection: &mut PgConnection, name: &str) -> Result<i32, StoreError> {
    let failed = StoreError::while_("preparing the database");
    let org = sqlx::query_scalar!(
        "insert into organisation (key, name) values ($1, $2)
         on conflict (key) do update set name = excluded.name
         returning org_id",
        DEFAULT_ORGANISATION,
        name.replace('\0', ""),
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(&failed)?;
    // A restored dump starts again with low transaction ids: lift the base, so that positions keep rising.
    sqlx::query!(
        "insert into txn_base (system_identifier, base)
         select system_identifier, 0 from pg_control_system()
         on conflict (only_row) do update set
             system_identifier = excluded.system_identifier,
             base = greatest(
                 txn_base.base,
                 (select coalesce(max(txn), 0) from record_log) + 1 - pg_current_xact_id()::text::bigint)
         where txn_base.system_identifier <> excluded.system_identifier"
    )
    .execute(connection)
    .await
    .map_err(&failed)?;
    Ok(org)
}

async fn partitions(connection: &mut PgConnection) -> Result<Vec<Month>, StoreError> {
    let names = sqlx::query_scalar!(
        r#"select c.relname::text as "name!" from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'record_log'::regclass"#
    )
    .fetch_all(connection)
    .await
    .map_err(StoreError::while_("listing the log's partitions"))?;
    Ok(names.iter().filter_map(|n| Month::from_partition(n)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_hold_the_password() {
        for url in ["postgres://user:geheim@host:port/db", "postgres://user:geheim@ho st/db"] {
            let message = parse_url(url).unwrap_err().to_string();
            assert!(!message.contains("geheim"), "{message}");
        }
        let options = parse_url("postgres://user:geheim@db.example:5433/calls").unwrap();
        assert_eq!(place(&options), "db.example:5433 (calls)");
    }
}
