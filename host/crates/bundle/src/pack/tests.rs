use proptest::prelude::*;
use wasm_encoder::{Component, CustomSection, Module, ModuleSection, NestedComponentSection};

use super::*;

const MANIFEST: &[u8] = b"id = \"x\"\n";

fn custom<'a>(name: &'a str, data: &'a [u8]) -> CustomSection<'a> {
    CustomSection { name: name.into(), data: data.into() }
}

/// A component with a core module, in which a compiler left `inner`.
fn component(inner: &[&[u8]], outer: &[&[u8]]) -> Vec<u8> {
    let mut module = Module::new();
    module.section(&custom("producers", b"\0"));
    for manifest in inner {
        module.section(&custom(MANIFEST_SECTION, manifest));
    }
    let mut nested = Component::new();
    nested.section(&ModuleSection(&module));
    let mut component = Component::new();
    component.section(&NestedComponentSection(&nested)).section(&ModuleSection(&module));
    for manifest in outer {
        component.section(&custom(MANIFEST_SECTION, manifest));
    }
    component.section(&custom("notes", b"kept"));
    component.finish()
}

#[test]
fn a_manifest_is_written_replaced_and_found() {
    let bare = component(&[], &[]);
    assert!(manifests(&bare).unwrap().is_empty());
    let packed = pack(&bare, MANIFEST).unwrap();
    assert_eq!(manifests(&packed).unwrap(), [MANIFEST]);
    assert!(packed.starts_with(&bare), "what was there stays byte for byte");
    // Wherever one was before, in the end it is the same file.
    for before in
        [component(&[b"old"], &[]), component(&[], &[b"old", b"older"]), component(&[b"a"], &[b"b"])]
    {
        assert!(!manifests(&before).unwrap().is_empty());
        assert_eq!(pack(&before, MANIFEST).unwrap(), packed);
    }
    assert_eq!(pack(&packed, MANIFEST).unwrap(), packed);
    let other = pack(&packed, b"id = \"y\"\n").unwrap();
    assert_eq!(pack(&other, MANIFEST).unwrap(), packed);
    check(&other).unwrap();
}

#[test]
fn what_is_no_component_is_refused_by_what_it_is() {
    let refused = |bytes: &[u8]| pack(bytes, MANIFEST).unwrap_err().to_string();
    assert!(refused(b"").contains("not a WebAssembly component"));
    assert!(refused(b"#!/bin/sh\n").contains("not a WebAssembly component"));
    assert!(refused(&Module::new().finish()).contains("core module"));
    let whole = component(&[], &[]);
    assert!(refused(&whole[..whole.len() - 3]).contains("damaged"));
    let mut invalid = whole.clone();
    // A section of a number that there is not.
    invalid.extend([99, 0]);
    assert!(refused(&invalid).contains("damaged"));
    assert!(refused(&vec![0; MAX_COMPONENT_BYTES + 1]).contains("limit"));
    let long = vec![b' '; MAX_MANIFEST_BYTES + 1];
    assert!(pack(&whole, &long).unwrap_err().to_string().contains("the manifest is 65537 bytes long"));
    assert!(pack(&whole, b"\xff").unwrap_err().to_string().contains("UTF-8"));
}

#[test]
fn nesting_has_a_bound() {
    let mut bytes = Component::new();
    for _ in 0..MAX_DEPTH + 2 {
        let mut outer = Component::new();
        outer.section(&NestedComponentSection(&bytes));
        bytes = outer;
    }
    let message = pack(&bytes.finish(), MANIFEST).unwrap_err().to_string();
    assert!(message.contains("nested"), "{message}");
}

proptest! {
    #[test]
    fn any_bytes_are_packed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = manifests(&bytes);
        let _ = pack(&bytes, MANIFEST);
        let mut like = b"\0asm\x0d\0\x01\0".to_vec();
        like.extend(bytes);
        let _ = manifests(&like);
        let _ = pack(&like, MANIFEST);
    }

    #[test]
    fn a_damaged_component_is_packed_to_a_whole_one_or_refused(at in 0usize..400, to in any::<u8>(), old in "[a-z]{0,9}") {
        let mut bytes = component(&[old.as_bytes()], &[]);
        let at = at % bytes.len();
        bytes[at] = to;
        if let Ok(packed) = pack(&bytes, MANIFEST) {
            check(&packed).unwrap();
            prop_assert_eq!(manifests(&packed).unwrap(), [MANIFEST]);
            prop_assert_eq!(pack(&packed, MANIFEST).unwrap(), packed);
        }
    }

    #[test]
    fn packing_is_idempotent(manifest in ".{0,200}", old in ".{0,50}") {
        let once = pack(&component(&[old.as_bytes()], &[]), manifest.as_bytes()).unwrap();
        prop_assert_eq!(manifests(&once).unwrap(), [manifest.as_bytes()]);
        prop_assert_eq!(pack(&once, manifest.as_bytes()).unwrap(), once);
    }
}
