//! A plugin file, a signature, an artifact's manifest or a reference of any shape: read or refused, never a panic; what is packed
//! is packed for good.
#![no_main]

use bundle::oci::{Manifest, Reference};
use bundle::sign::{Password, PublicKey, SecretKey, Signature};
use libfuzzer_sys::fuzz_target;

/// A key that signed nothing in here.
const KEY: &str = "RWQchcb23q0bMNpQ1u3JNwxmv3d+80Q64TyX6BnrGHvt9W9BxOrqTqlq";

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    match kind % 3 {
        0 => component(data),
        1 => component(&[b"\0asm\x0d\0\x01\0", data].concat()),
        _ => texts(data),
    }
});

fn component(bytes: &[u8]) {
    let _ = bundle::pack::manifests(bytes);
    if let Ok(packed) = bundle::pack::pack(bytes, b"id = \"x\"") {
        bundle::pack::check(&packed).expect("what was packed is a component");
        assert_eq!(bundle::pack::manifests(&packed).expect("it was checked"), [b"id = \"x\""]);
        assert_eq!(bundle::pack::pack(&packed, b"id = \"x\"").expect("it was checked"), packed);
    }
}

fn texts(bytes: &[u8]) {
    let _ = Manifest::parse(bytes);
    if let Ok(signature) = Signature::parse(bytes) {
        let key = PublicKey::parse(KEY).expect("the key is one");
        assert!(signature.verify(&key, bytes).is_err(), "a signature that nobody made");
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = PublicKey::parse(&text);
    if let Ok(reference) = Reference::parse(&text) {
        assert_eq!(Reference::parse(&reference.to_string()).expect("it was read before"), reference);
    }
    // A key's own figures say how much work its password is; they must have a bound.
    if !text.contains("RWRTY0Iy") {
        let password = Password::new("x".to_owned()).expect("it is not empty");
        let _ = SecretKey::parse(&text, &password);
    }
}
