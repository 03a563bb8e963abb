//! The manifest in the component: read, written, replaced.
//!
//! Owns the custom section and the check that the bytes are a component. Does not own what the manifest says: to this module it is
//! bytes.

use wasm_encoder::{CustomSection, RawSection, Section};
use wasmparser::{BinaryReader, Encoding, Parser, Payload, Validator, WasmFeatures};

/// Largest component: Python with its interpreter is 18 MiB.
pub const MAX_COMPONENT_BYTES: usize = 64 << 20;
/// Custom section with the manifest.
pub const MANIFEST_SECTION: &str = "ringfence:manifest";
/// Longest manifest: a hundred settings with long explanations are 20 KiB.
pub const MAX_MANIFEST_BYTES: usize = 64 << 10;
/// Deepest component in a component: tools nest two or three deep.
const MAX_DEPTH: usize = 16;
/// Bytes before the first section: the magic number, the version and what kind of binary it is.
const HEADER_BYTES: usize = 8;
/// Section of a component that holds a core module.
const CORE_MODULE: u8 = 1;
/// Section of a component that holds a component.
const COMPONENT: u8 = 4;

/// Why bytes cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It is too large.
    #[error("is {0} bytes long; the limit is {MAX_COMPONENT_BYTES}: strip it of debugging information")]
    TooLarge(usize),
    /// It is something else.
    #[error("{0}")]
    NotAComponent(String),
    /// The manifest cannot be put into it.
    #[error("the manifest {0}")]
    Manifest(String),
}

/// Whether bytes are a component, whole and of a size that a host takes. Every function in it is validated; none is run.
///
/// # Errors
/// Says what they are instead, and what to do.
pub fn check(bytes: &[u8]) -> Result<(), PackError> {
    if bytes.len() > MAX_COMPONENT_BYTES {
        return Err(PackError::TooLarge(bytes.len()));
    }
    if bytes.get(..4) != Some(b"\0asm") {
        let text = "is not a WebAssembly component: build it with --target wasm32-wasip2";
        return Err(PackError::NotAComponent(text.to_owned()));
    }
    if let Some(Ok(Payload::Version { encoding: Encoding::Module, .. })) =
        Parser::new(0).parse_all(bytes).next()
    {
        let text = "is a core module, not a component: build it with --target wasm32-wasip2";
        return Err(PackError::NotAComponent(text.to_owned()));
    }
    Validator::new_with_features(WasmFeatures::default()).validate_all(bytes).map(drop).map_err(damaged)
}

/// The manifests in a component, also those that a compiler left in the core modules in it; there should be one.
///
/// # Errors
/// When it is damaged or too large.
pub fn manifests(bytes: &[u8]) -> Result<Vec<Vec<u8>>, PackError> {
    if bytes.len() > MAX_COMPONENT_BYTES {
        return Err(PackError::TooLarge(bytes.len()));
    }
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload.map_err(damaged)?
            && section.name() == MANIFEST_SECTION
        {
            found.push(section.data().to_vec());
        }
    }
    Ok(found)
}

/// The component with this manifest and no other, as its last section. The same input gives the same bytes, and packing twice
/// changes nothing.
///
/// # Errors
/// When the bytes are no component, or they or the manifest are too large.
pub fn pack(component: &[u8], manifest: &[u8]) -> Result<Vec<u8>, PackError> {
    if manifest.len() > MAX_MANIFEST_BYTES {
        let text = format!("is {} bytes long; the limit is {MAX_MANIFEST_BYTES}", manifest.len());
        return Err(PackError::Manifest(text));
    }
    if std::str::from_utf8(manifest).is_err() {
        return Err(PackError::Manifest("is not UTF-8".to_owned()));
    }
    check(component)?;
    let mut packed = without(component, 0)?.unwrap_or_else(|| component.to_vec());
    CustomSection { name: MANIFEST_SECTION.into(), data: manifest.into() }.append_to(&mut packed);
    if packed.len() > MAX_COMPONENT_BYTES {
        return Err(PackError::TooLarge(packed.len()));
    }
    Ok(packed)
}

/// A binary without its manifests at any depth; none if it has none. What is kept is kept byte for byte.
fn without(bytes: &[u8], depth: usize) -> Result<Option<Vec<u8>>, PackError> {
    if depth > MAX_DEPTH {
        return Err(PackError::NotAComponent(format!("has components nested more than {MAX_DEPTH} deep")));
    }
    // The second half of the version tells modules from components.
    let is_component = bytes.get(6..HEADER_BYTES) == Some(&[1, 0]);
    let mut kept = bytes.get(..HEADER_BYTES).unwrap_or_default().to_vec();
    let mut changed = false;
    let sections = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let mut reader = BinaryReader::new(sections, HEADER_BYTES as u64);
    while !reader.eof() {
        let start = reader.current_position();
        let id = reader.read_u8().map_err(damaged)?;
        let length = reader.read_var_u32().map_err(damaged)?;
        let data = reader.read_bytes(length as usize).map_err(damaged)?;
        let whole = sections.get(start..reader.current_position()).unwrap_or_default();
        match id {
            0 if is_manifest(data) => changed = true,
            CORE_MODULE | COMPONENT if is_component => match without(data, depth + 1)? {
                Some(data) => {
                    changed = true;
                    RawSection { id, data: &data }.append_to(&mut kept);
                }
                None => kept.extend_from_slice(whole),
            },
            _ => kept.extend_from_slice(whole),
        }
    }
    Ok(changed.then_some(kept))
}

/// Whether a custom section's content begins with the manifest's name.
fn is_manifest(data: &[u8]) -> bool {
    BinaryReader::new(data, 0).read_string().is_ok_and(|name| name == MANIFEST_SECTION)
}

#[allow(clippy::needless_pass_by_value, reason = "it is the shape map_err wants")]
fn damaged(error: wasmparser::BinaryReaderError) -> PackError {
    PackError::NotAComponent(format!(
        "is damaged or not WebAssembly (byte {}: {}): build it again",
        error.offset(),
        crate::escaped(error.message(), 300)
    ))
}

#[cfg(test)]
mod tests;
