//! `/healthz`, `/readyz` and `/metrics` for the machine that watches this one.
//!
//! Owns the answers and the bounds on who asks: time, size, number. Does not own the figures (`telemetry`). There is no
//! authentication, so it listens on a loopback address unless told otherwise; nothing it shows is personal.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::telemetry::{CONTENT_TYPE, Metrics, Role};

/// How long the engine's loop may take to go round before the process counts as stuck. It goes round several times a
/// second, and also while the database is away; the slowest honest round is a checkpoint on a busy disk. Long beside that,
/// because the usual answer to a failed check is to kill the process.
pub const STALL_LIMIT: Duration = Duration::from_secs(60);

/// How long a client may take to send its request: one packet on the same machine.
const HEADER_LIMIT: Duration = Duration::from_secs(3);

/// How long a connection may last: one request and its answer.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);

/// Most connections at once; a probe and a few scrapers need five. Others wait in the listener's queue for a place, which
/// comes free after ten seconds at the latest.
pub const MAX_CONNECTIONS: usize = 32;

/// Most bytes of a request's header, and most fields in it. Scrapers send some 300 bytes.
const MAX_HEADER_BYTES: usize = 8 << 10;
const MAX_HEADER_FIELDS: usize = 32;

/// Pause after a connection could not be taken, for example because there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the health endpoints cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {listen} for health and metrics: {source}: set health.listen to a free address, or to 'off'"
    )]
    Listen {
        /// The configured address.
        listen: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// The served endpoints; they end when this is dropped.
#[derive(Debug)]
pub struct Health {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Health {
    /// Listens and serves on the current async runtime.
    ///
    /// # Errors
    /// When the address cannot be listened on; the message names the setting.
    pub async fn start(listen: SocketAddr, metrics: Metrics) -> Result<Health, HealthError> {
        let fail = |source| HealthError::Listen { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        if !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "health and metrics are served without authentication on an address that others can reach"
            );
        }
        Ok(Health { address, task: tokio::spawn(serve(listener, router(metrics))) })
    }

    /// Where it listens; tells the port if it was 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        // The semaphore is never closed.
        let Ok(place) = places.clone().acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                connections.spawn(async move {
                    let _ = tokio::time::timeout(CONNECTION_LIMIT, answer(stream, router)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "a connection to the health endpoints could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One request. What a client does wrong is its own trouble.
async fn answer(stream: TcpStream, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        .keep_alive(false)
        .max_buf_size(MAX_HEADER_BYTES)
        .max_headers(MAX_HEADER_FIELDS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection to the health endpoints ended badly");
    }
}

fn router(metrics: Metrics) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(exposition))
        .fallback(|| async { (StatusCode::NOT_FOUND, "try /healthz, /readyz or /metrics\n") })
        .layer(from_fn(without_body))
        .with_state(metrics)
}

/// Nothing here takes a body, so none is read.
async fn without_body(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        next.run(request).await
    } else {
        (StatusCode::PAYLOAD_TOO_LARGE, "send no body\n").into_response()
    }
}

async fn healthz(State(metrics): State<Metrics>) -> Response {
    let stalled = metrics.stalled_for();
    if stalled < STALL_LIMIT {
        return "ok\n".into_response();
    }
    let reason = format!("the engine's loop has not gone round for {} s\n", stalled.as_secs());
    (StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
}

/// The answer of `/readyz`.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    role: &'static str,
    database: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

async fn readyz(State(metrics): State<Metrics>) -> Response {
    let (role, up) = (metrics.current_role(), metrics.database_is_up());
    let reason = match (role, up) {
        (Role::Starting, _) => Some("still starting"),
        (_, false) => Some("the database does not answer"),
        _ => None,
    };
    let ready = Ready {
        ready: reason.is_none(),
        role: role.name(),
        database: if up { "up" } else { "down" },
        reason,
    };
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // Four fixed words always make JSON.
    let body = serde_json::to_string(&ready).unwrap_or_default() + "\n";
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

async fn exposition(State(metrics): State<Metrics>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))], metrics.exposition()).into_response()
}

#[cfg(test)]
#[path = "health/tests.rs"]
mod tests;
