//! Pushing to and pulling from a real registry on this machine, and from one that lies.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test says by its name what it is about, and may panic"
)]

mod liar;
mod server;

use bundle::oci::{Artifact, Client, Credentials, OciError, Options, Reference};
use bundle::sign::{Password, PublicKey, SecretKey, Signature, generate, sign};

use self::server::Server;

fn artifact(signature: Option<Vec<u8>>) -> Artifact {
    let component = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
    Artifact { config: br#"{"id":"x","version":"1.0.0"}"#.to_vec(), component, signature }
}

fn signed() -> (Artifact, PublicKey) {
    let password = Password::new("horse".to_owned()).unwrap();
    let (text, public) = generate(&password).unwrap();
    let key = SecretKey::parse(text.as_str(), &password).unwrap();
    let bare = artifact(None);
    let signature = sign(&key, &bare.component, "plugin x 1.0.0").unwrap();
    (Artifact { signature: Some(signature.into_bytes()), ..bare }, public)
}

fn reference(registry: &str, rest: &str) -> Reference {
    Reference::parse(&format!("oci://{registry}/{rest}")).unwrap()
}

/// Runs on a runtime of its own: a request that hangs must not outlive its test.
fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

fn push_with(reference: &Reference, artifact: &Artifact, options: Options) -> Result<String, OciError> {
    wait(Client::new(reference, options)?.push(reference, artifact))
}

fn pull_with(reference: &Reference, options: Options) -> Result<(Artifact, String), OciError> {
    wait(Client::new(reference, options)?.pull(reference))
}

fn push(reference: &Reference, artifact: &Artifact) -> Result<String, OciError> {
    push_with(reference, artifact, Options::default())
}

fn pull(reference: &Reference) -> Result<(Artifact, String), OciError> {
    pull_with(reference, Options::default())
}

#[test]
fn what_is_pushed_is_pulled_by_tag_and_by_digest() {
    let Some(server) = Server::start(None) else { return };
    let (artifact, key) = signed();
    let tagged = reference(server.address(), "team/x:1.0.0");
    let digest = push(&tagged, &artifact).unwrap();
    assert_eq!(push(&tagged, &artifact).unwrap(), digest, "again is the same");
    assert_eq!(pull(&tagged).unwrap(), (artifact.clone(), digest.clone()));
    let exact = reference(server.address(), &format!("team/x@{digest}"));
    let (pulled, _) = pull(&exact).unwrap();
    let signature = Signature::parse(pulled.signature.as_ref().unwrap()).unwrap();
    signature.verify(&key, &pulled.component).unwrap();
    let (_, other) = signed();
    assert!(signature.verify(&other, &pulled.component).is_err());

    // Without a signature it is another artifact under the same name, and the old one is still there by its digest.
    let unsigned = Artifact { signature: None, ..artifact.clone() };
    assert_ne!(push(&tagged, &unsigned).unwrap(), digest);
    assert_eq!(pull(&tagged).unwrap().0, unsigned);
    assert_eq!(pull(&exact).unwrap().0, artifact);
}

#[test]
fn what_is_missing_is_said() {
    let Some(server) = Server::start(None) else { return };
    let missing = reference(server.address(), "team/none:1");
    let error = pull(&missing).unwrap_err();
    assert!(matches!(error, OciError::Missing(_)), "{error}");
    assert!(error.to_string().contains(&missing.to_string()), "{error}");
    let digest = bundle::digest(b"");
    assert!(matches!(pull(&reference(server.address(), &format!("a@{digest}"))), Err(OciError::Missing(_))));
}

#[test]
fn a_blob_that_was_changed_in_the_storage_is_refused() {
    let Some(server) = Server::start(None) else { return };
    let (artifact, _) = signed();
    let tagged = reference(server.address(), "x:1");
    push(&tagged, &artifact).unwrap();
    let blob = server.blob(&bundle::digest(&artifact.component));
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[1_000] ^= 1;
    std::fs::write(&blob, &bytes).unwrap();
    let error = pull(&tagged).unwrap_err().to_string();
    assert!(error.contains("the component of") && error.contains("was changed"), "{error}");
    bytes.push(0);
    std::fs::write(&blob, &bytes).unwrap();
    assert!(pull(&tagged).is_err());
}

#[test]
fn a_registry_with_a_password_wants_it() {
    let Some(server) = Server::start(Some(server::HTPASSWD)) else { return };
    let tagged = reference(server.address(), "x:1");
    let error = push(&tagged, &artifact(None)).unwrap_err();
    assert!(
        matches!(error, OciError::Denied(_)) && error.to_string().contains("RINGFENCE_REGISTRY_USER"),
        "{error}"
    );
    let with = |password: &str| Options {
        credentials: Some(Credentials::new("ana", password)),
        ..Options::default()
    };
    assert!(matches!(push_with(&tagged, &artifact(None), with("guess")), Err(OciError::Denied(_))));
    push_with(&tagged, &artifact(None), with(server::PASSWORD)).unwrap();
    assert_eq!(pull_with(&tagged, with(server::PASSWORD)).unwrap().0, artifact(None));
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let port = server::free_port();
    let error = pull(&reference(&format!("127.0.0.1:{port}"), "x")).unwrap_err();
    assert!(
        matches!(error, OciError::Unreachable(_)) && error.to_string().contains("cannot be reached"),
        "{error}"
    );
}
