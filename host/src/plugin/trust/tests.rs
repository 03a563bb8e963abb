use bundle::sign::{Password, PublicKey, SecretKey, generate, sign};

use super::*;
use crate::config::TrustedKey;

fn key() -> (SecretKey, PublicKey) {
    let password = Password::new("horse".to_owned()).unwrap();
    let (text, public) = generate(&password).unwrap();
    (SecretKey::parse(text.as_str(), &password).unwrap(), public)
}

fn trust(require_signed: bool, key: PublicKey) -> TrustConfig {
    let keys = [("acme".to_owned(), TrustedKey::from(key))].into();
    TrustConfig { require_signed, keys }
}

#[test]
fn a_signature_is_by_a_trusted_key_by_another_or_wrong() {
    let (secret, public) = key();
    let signature = sign(&secret, b"component", "plugin x 1.0.0").unwrap();
    let text = Some(signature.as_bytes());
    let (lax, strict) = (trust(false, public.clone()), trust(true, public.clone()));
    for trust in [&lax, &strict] {
        let signed = admit(b"component", text, trust).unwrap();
        assert_eq!(signed.to_string(), format!("signed by acme ({}): plugin x 1.0.0", public.id()));
        // A wrong one is no better than none, but worse: somebody changed the file.
        let message = admit(b"compomemt", text, trust).unwrap_err().to_string();
        assert!(
            message.contains("does not hold") && message.contains("changed after it was signed"),
            "{message}"
        );
        let message = admit(b"component", Some(b"garbage"), trust).unwrap_err().to_string();
        assert!(message.contains("is no minisign signature"), "{message}");
    }
    assert_eq!(admit(b"component", None, &lax).unwrap(), Signed::Nobody);
    let message = admit(b"component", None, &strict).unwrap_err().to_string();
    assert!(message.contains("is not signed") && message.contains("from one of acme"), "{message}");

    let (other, other_public) = key();
    let signature = sign(&other, b"component", "plugin x 1.0.0").unwrap();
    let text = Some(signature.as_bytes());
    assert_eq!(
        admit(b"component", text, &lax).unwrap(),
        Signed::Unknown { key: other_public.id().to_owned() }
    );
    let message = admit(b"component", text, &strict).unwrap_err().to_string();
    assert!(message.contains(other_public.id()) && message.contains("trust.keys"), "{message}");
}

fn manifest(capabilities: &str) -> Manifest {
    let text = format!(
        "id = \"x\"\nversion = \"1.0.0\"\ninterface = \"1.0\"\nsummary = \"X.\"\npartition = \"user\"\n\
         events = [\"call\"]\ncolumns = [\"user\"]\ncapabilities = {capabilities}"
    );
    Manifest::parse(text.as_bytes()).unwrap()
}

#[test]
fn what_is_asked_needs_a_grant_unless_it_is_built_in() {
    let manifest = manifest("[\"state\", \"log\"]");
    let none = Access::of(&manifest, Origin::File, None);
    assert_eq!(none.missing, [Capability::State, Capability::Log]);
    assert_eq!(none.lines("x").unwrap(), "plugins:\n  x:\n    grant: [state, log]\n");
    assert!(Access::of(&manifest, Origin::Builtin, None).missing.is_empty());
    let grant = |grant: &[Capability]| PluginConfig {
        grant: grant.iter().copied().collect(),
        ..PluginConfig::default()
    };
    let some = Access::of(&manifest, Origin::File, Some(&grant(&[Capability::Log, Capability::Names])));
    assert_eq!((some.granted, some.missing), (vec![Capability::Log], vec![Capability::State]));
    let all = Access::of(&manifest, Origin::File, Some(&grant(&[Capability::Log, Capability::State])));
    assert!(all.missing.is_empty());
}

#[test]
fn who_asks_for_nothing_needs_nothing() {
    let access = Access::of(&manifest("[]"), Origin::File, None);
    assert!(access.missing.is_empty() && access.lines("x").is_none());
}
