use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Longest a test waits for anything: long beside every limit above, so that a slow machine does not fail it.
const PATIENCE: Duration = Duration::from_secs(60);

async fn start(metrics: &Metrics) -> Health {
    Health::start(([127, 0, 0, 1], 0).into(), metrics.clone()).await.unwrap()
}

/// Sends bytes as they are, returns everything that comes back until the connection ends.
async fn send(health: &Health, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(health.address()).await.unwrap();
    // A server that has seen enough may close before everything is sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("no end");
    String::from_utf8(answer).unwrap()
}

async fn ask(health: &Health, path: &str) -> (u16, String) {
    let answer = send(health, format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await;
    let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status.parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn health_follows_the_loop() {
    let metrics = Metrics::since(Instant::now().checked_sub(STALL_LIMIT * 2).unwrap());
    let health = start(&metrics).await;
    let (status, body) = ask(&health, "/healthz").await;
    assert_eq!(status, 503);
    assert!(body.contains("not gone round for 12"), "{body}");
    metrics.alive();
    assert_eq!(ask(&health, "/healthz").await, (200, "ok\n".to_owned()));
}

#[tokio::test]
async fn readiness_needs_a_role_and_the_database() {
    let metrics = Metrics::new();
    let health = start(&metrics).await;
    for (role, up, expected, reason) in [
        (Role::Starting, true, 503, Some("still starting")),
        (Role::Leader, false, 503, Some("the database does not answer")),
        (Role::Leader, true, 200, None),
        (Role::Standby, true, 200, None),
    ] {
        metrics.role(role);
        metrics.database(up);
        let (status, body) = ask(&health, "/readyz").await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, body["role"].as_str()), (expected, Some(role.name())));
        assert_eq!(body["reason"].as_str(), reason);
    }
}

#[tokio::test]
async fn metrics_are_served_as_prometheus_reads_them() {
    let metrics = Metrics::new();
    metrics.evaluated(7, 0, 0);
    let health = start(&metrics).await;
    let answer = send(&health, b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\n\r\n").await;
    assert!(answer.contains("application/openmetrics-text; version=1.0.0"), "{answer}");
    assert!(answer.contains("\nringfence_records_evaluated_total 7\n"), "{answer}");
}

#[tokio::test]
async fn wrong_questions_get_short_answers() {
    let health = start(&Metrics::new()).await;
    for path in ["/", "/metrics/../../etc/passwd", "/healthz/", "/%ff", "/debug/pprof"] {
        assert_eq!(ask(&health, path).await.0, 404, "{path}");
    }
    let long_path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(20_000));
    let fields = "X: y\r\n".repeat(MAX_HEADER_FIELDS + 10);
    for (request, status) in [
        ("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "405"),
        ("DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "405"),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "413"),
        (
            "GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "413",
        ),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", "413"),
        ("\x16\x03\x01 this is TLS\r\n\r\n", "400"),
        (long_path.as_str(), "4"),
        (&format!("GET / HTTP/1.1\r\n{fields}\r\n"), "431"),
    ] {
        let answer = send(&health, request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request:.60}: {answer}");
        assert!(answer.len() < 1_000);
    }
    assert_eq!(ask(&health, "/healthz").await.0, 200);
}

#[tokio::test]
async fn clients_that_send_nothing_are_shown_the_door_and_hold_nobody_back_for_long() {
    let health = start(&Metrics::new()).await;
    let mut idle = Vec::new();
    for i in 0..MAX_CONNECTIONS * 2 {
        let mut stream = TcpStream::connect(health.address()).await.unwrap();
        if i % 2 == 0 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHo").await.unwrap();
        }
        idle.push(stream);
    }
    assert_eq!(ask(&health, "/healthz").await.0, 200);
    for mut stream in idle {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "a client that sends nothing is still connected");
    }
}

#[tokio::test]
async fn a_client_that_trickles_its_request_is_cut_off() {
    let health = start(&Metrics::new()).await;
    let mut stream = TcpStream::connect(health.address()).await.unwrap();
    let trickle = async {
        for byte in b"GET /healthz HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, trickle).await.expect("it may trickle for ever");
}

#[tokio::test]
async fn a_port_in_use_names_the_setting() {
    let first = start(&Metrics::new()).await;
    let error = Health::start(first.address(), Metrics::new()).await.unwrap_err().to_string();
    assert!(error.contains(&first.address().to_string()) && error.contains("health.listen"), "{error}");
}

#[tokio::test]
async fn dropping_frees_the_port_and_ends_connections() {
    let health = start(&Metrics::new()).await;
    let address = health.address();
    let mut open = TcpStream::connect(address).await.unwrap();
    open.write_all(b"GET /").await.unwrap();
    drop(health);
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, open.read_to_end(&mut rest)).await.expect("still connected");
    let end = Instant::now() + PATIENCE;
    while Health::start(address, Metrics::new()).await.is_err() {
        assert!(Instant::now() < end, "the port is still taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
