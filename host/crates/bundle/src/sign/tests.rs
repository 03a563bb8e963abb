use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

const FILE: &[u8] = include_bytes!("../../tests/vectors/a.bin");
const SIGNATURE: &[u8] = include_bytes!("../../tests/vectors/a.bin.minisig");
const PUBLIC: &str = include_str!("../../tests/vectors/k.pub");
const SECRET: &str = include_str!("../../tests/vectors/k.key");

static MINE: LazyLock<(SecretKey, PublicKey)> = LazyLock::new(|| {
    let password = Password::new("horse".to_owned()).unwrap();
    let (text, public) = generate(&password).unwrap();
    (SecretKey::parse(text.as_str(), &password).unwrap(), public)
});

#[test]
fn what_the_program_minisign_made_is_read() {
    let key = PublicKey::parse(PUBLIC).unwrap();
    assert_eq!(key.id(), "301BADDEF6C6851C");
    assert_eq!(PublicKey::parse(key.line()).unwrap(), key);
    let signature = Signature::parse(SIGNATURE).unwrap();
    assert_eq!(signature.key_id(), key.id());
    signature.verify(&key, FILE).unwrap();
    assert_eq!(signature.comment(), "plugin x");
    let message = signature.verify(&MINE.1, FILE).unwrap_err().to_string();
    assert!(message.contains("made with the key 301BADDEF6C6851C"), "{message}");
}

#[test]
fn its_secret_key_opens_with_the_password_only() {
    let password = |text: &str| Password::new(text.to_owned()).unwrap();
    let message = SecretKey::parse(SECRET, &password("guess")).unwrap_err().to_string();
    assert!(message.contains("wrong password"), "{message}");
    let key = SecretKey::parse(SECRET, &password("secret")).unwrap();
    assert_eq!(key.public().unwrap(), PublicKey::parse(PUBLIC).unwrap());
    let text = sign(&key, FILE, "again").unwrap();
    Signature::parse(text.as_bytes()).unwrap().verify(&key.public().unwrap(), FILE).unwrap();
}

#[test]
fn keys_and_passwords_do_not_print_themselves() {
    let password = Password::new("horse".to_owned()).unwrap();
    let (text, _) = generate(&password).unwrap();
    let shown = format!("{password:?} {text:?} {:?} {:?}", MINE.0, MINE.1);
    assert_eq!(shown, format!("Password(…) SecretText(…) SecretKey(…) PublicKey({})", MINE.1.id()));
}

#[test]
fn a_key_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.key");
    write_new(&path, SECRET, true).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(write_new(&path, "other", true).unwrap_err().to_string().contains("is there already"));
    let password = Password::new("secret".to_owned()).unwrap();
    SecretKey::open(&path, &password).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(SecretKey::open(&path, &password).unwrap_err().to_string().contains("chmod 600"));
    assert!(Password::new(String::new()).is_err());
}

#[test]
fn a_comment_is_one_line() {
    for bad in ["two\nlines", " padded", "ñ", &"x".repeat(3_000)] {
        assert!(sign(&MINE.0, FILE, bad).is_err(), "{bad}");
    }
    let message = Signature::parse(b"untrusted comment: x\nRW\n").unwrap_err().to_string();
    assert!(message.contains("four lines"), "{message}");
}

#[test]
fn every_bit_of_a_signature_file_that_counts_is_guarded() {
    let text = sign(&MINE.0, FILE, "plugin x 1.0.0").unwrap();
    // The first line is no part of what is signed; minisign has it so.
    let first = text.find('\n').unwrap() + 1;
    for at in first..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let known = Signature::parse(&bytes).and_then(|s| s.verify(&MINE.1, FILE));
            assert!(known.is_err(), "bit {bit} of byte {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_changed_byte_of_a_signed_file_is_seen(
        mut file in proptest::collection::vec(any::<u8>(), 1..500), at in any::<prop::sample::Index>(), by in 1u8..,
    ) {
        let text = sign(&MINE.0, &file, "x").unwrap();
        let signature = Signature::parse(text.as_bytes()).unwrap();
        signature.verify(&MINE.1, &file).unwrap();
        let at = at.index(file.len());
        file[at] ^= by;
        prop_assert!(signature.verify(&MINE.1, &file).is_err());
        file[at] ^= by;
        file.push(0);
        prop_assert!(signature.verify(&MINE.1, &file).is_err());
    }

    #[test]
    fn any_text_is_a_signature_or_none(a in ".{0,40}", b in "[A-Za-z0-9+/=]{100}", c in ".{0,40}", d in "[A-Za-z0-9+/=]{88}") {
        let text = format!("untrusted comment: {a}\n{b}\ntrusted comment: {c}\n{d}\n");
        if let Ok(signature) = Signature::parse(text.as_bytes()) {
            prop_assert!(signature.verify(&MINE.1, FILE).is_err());
        }
        let _ = PublicKey::parse(&b);
        let _ = PublicKey::parse(&b[..56]);
        let password = Password::new("x".to_owned()).unwrap();
        let _ = SecretKey::parse(&a, &password);
    }

    #[test]
    fn any_bytes_are_no_signature(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Signature::parse(&bytes).is_err());
        let _ = PublicKey::parse(&String::from_utf8_lossy(&bytes));
    }
}
