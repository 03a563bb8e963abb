//! A registry that answers whatever a test wants: tokens, endless bodies, leads elsewhere.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use bundle::oci::{Credentials, OciError, Options};

use super::{Artifact, pull, pull_with, push, reference, server};

/// What was asked: method and path, and the header `Authorization`.
#[derive(Clone, Debug, Default)]
struct Asked {
    line: String,
    authorization: String,
}

type Answer = Box<dyn Fn(&Asked) -> Vec<u8> + Send>;

struct Liar {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Liar {
    /// Its thread ends with the test's process; it holds nothing.
    fn start(answer: impl FnOnce(&str) -> Answer) -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, log) = (answer(&address), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(stream, &answer, &log);
            }
        });
        Liar { address, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, log: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut asked = Asked::default();
    reader.read_line(&mut asked.line)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => asked.authorization = value.to_owned(),
            "content-length" => length = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    log.lock().unwrap().push(asked.clone());
    stream.write_all(&answer(&asked))
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.into_bytes(), body.to_vec()].concat()
}

/// The manifest of an artifact and its parts, served as they are.
fn parts() -> (Artifact, Vec<u8>) {
    let artifact = super::artifact(None);
    let part = |kind: &str, bytes: &[u8]| serde_json::json!({"mediaType": kind, "digest": bundle::digest(bytes), "size": bytes.len()});
    let manifest = serde_json::json!({
        "schemaVersion": 2, "artifactType": bundle::oci::ARTIFACT_TYPE,
        "config": part(bundle::oci::CONFIG_TYPE, &artifact.config),
        "layers": [part(bundle::oci::LAYER_TYPE, &artifact.component)],
    });
    let manifest = manifest.to_string().into_bytes();
    (artifact, manifest)
}

fn honest(asked: &Asked, artifact: &Artifact, manifest: &[u8]) -> Vec<u8> {
    if asked.line.contains("/manifests/") {
        answer("200 OK", "", manifest)
    } else if asked.line.contains(&bundle::digest(&artifact.config)) {
        answer("200 OK", "", &artifact.config)
    } else {
        answer("200 OK", "", &artifact.component)
    }
}

#[test]
fn a_token_is_fetched_with_the_password_and_only_there() {
    let (artifact, manifest) = parts();
    let expected = artifact.clone();
    let liar = Liar::start(|address| {
        let challenge = format!(
            "www-authenticate: Bearer realm=\"http://{address}/token\",service=\"s\",scope=\"repository:x:pull\"\r\n"
        );
        Box::new(move |asked| {
            if asked.line.starts_with("GET /token?service=s&scope=repository%3Ax%3Apull ") {
                answer("200 OK", "", br#"{"token": "abc"}"#)
            } else if asked.authorization == "Bearer abc" {
                honest(asked, &artifact, &manifest)
            } else {
                answer("401 Unauthorized", &challenge, b"")
            }
        })
    });
    let options = Options { credentials: Some(Credentials::new("ana", "pw")), ..Options::default() };
    assert_eq!(pull_with(&reference(&liar.address, "x:1"), options).unwrap().0, expected);
    let asked = liar.asked();
    assert_eq!(asked.len(), 5, "{asked:?}");
    assert!(asked[1].line.contains("/token") && asked[1].authorization.starts_with("Basic "), "{asked:?}");
    assert!(
        asked.iter().filter(|a| !a.line.contains("/token")).all(|a| !a.authorization.starts_with("Basic "))
    );
}

#[test]
fn an_endless_manifest_and_a_blob_longer_than_said_are_cut_off() {
    let liar = Liar::start(|_| Box::new(|_| answer("200 OK", "", &vec![b' '; 1 << 20])));
    let error = pull(&reference(&liar.address, "x")).unwrap_err().to_string();
    assert!(error.contains("longer than the 65536 bytes"), "{error}");

    let (artifact, manifest) = parts();
    let chunked = Liar::start(|_| {
        Box::new(move |asked| {
            if asked.line.contains(&bundle::digest(&artifact.component)) {
                // No length is told, and it goes on.
                let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
                return [head, artifact.component.clone(), vec![0; 1 << 20]].concat();
            }
            honest(asked, &artifact, &manifest)
        })
    });
    let error = pull(&reference(&chunked.address, "x")).unwrap_err().to_string();
    assert!(error.contains("the component of") && error.contains("longer than"), "{error}");
}

#[test]
fn a_manifest_with_another_digest_is_refused() {
    let (artifact, manifest) = parts();
    let liar = Liar::start(|_| Box::new(move |asked| honest(asked, &artifact, &manifest)));
    let wanted = bundle::digest(b"another");
    let error = pull(&reference(&liar.address, &format!("x@{wanted}"))).unwrap_err().to_string();
    assert!(error.contains("another digest"), "{error}");
}

#[test]
fn a_download_is_led_elsewhere_a_few_times_and_without_the_password() {
    let (artifact, manifest) = parts();
    let expected = artifact.clone();
    let storage = Liar::start(|_| Box::new(move |asked| honest(asked, &artifact, &manifest)));
    let (storage_address, (_, manifest)) = (storage.address.clone(), parts());
    let registry = Liar::start(|_| {
        Box::new(move |asked| {
            if asked.authorization.is_empty() {
                return answer("401 Unauthorized", "www-authenticate: Basic realm=x\r\n", b"");
            }
            if asked.line.contains("/manifests/") {
                return answer("200 OK", "", &manifest);
            }
            let path = asked.line.split(' ').nth(1).unwrap_or_default().to_owned();
            answer("307 Temporary Redirect", &format!("location: http://{storage_address}{path}\r\n"), b"")
        })
    });
    let options = Options { credentials: Some(Credentials::new("ana", "pw")), ..Options::default() };
    assert_eq!(pull_with(&reference(&registry.address, "x"), options).unwrap().0, expected);
    // Another port is another host.
    assert!(storage.asked().iter().all(|a| a.authorization.is_empty()), "{:?}", storage.asked());

    let round = Liar::start(|address| {
        let back = format!("location: http://{address}/v2/x/manifests/latest\r\n");
        Box::new(move |_| answer("302 Found", &back, b""))
    });
    let error = pull(&reference(&round.address, "x")).unwrap_err();
    assert!(
        matches!(error, OciError::Unreachable(_)) && error.to_string().contains("led elsewhere"),
        "{error}"
    );
    assert!(round.asked().len() <= 5, "{:?}", round.asked());
}

#[test]
fn an_upload_is_not_led_elsewhere() {
    let other = format!("127.0.0.1:{}", server::free_port());
    let liar = Liar::start(|_| {
        Box::new(move |asked| match asked.line.split(' ').next() {
            Some("HEAD") => answer("404 Not Found", "", b""),
            _ => answer("202 Accepted", &format!("location: http://{other}/upload\r\n"), b""),
        })
    });
    let error = push(&reference(&liar.address, "x"), &super::artifact(None)).unwrap_err().to_string();
    assert!(error.contains("another host"), "{error}");
}
