//! What a component file says of itself, read without compiling or running any of it.
//!
//! Owns finding the manifest, the imports and the exports. Does not own judging them (`manifest`, `interface`).

use wasmparser::{ComponentTypeRef, Encoding, Parser, Payload, TypeBounds};

use super::error::Problem;

pub use bundle::{MANIFEST_SECTION, MAX_COMPONENT_BYTES};

/// Most imports and exports of a component; a detector has under twenty.
const MAX_NAMES: usize = 1_000;

/// What stands in the file.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// The manifest sections' contents; there should be one.
    pub manifests: Vec<Vec<u8>>,
    /// Names of the component's imports.
    pub imports: Vec<String>,
    /// Names of its exports.
    pub exports: Vec<String>,
}

impl Inspection {
    /// Reads a file's sections.
    ///
    /// # Errors
    /// When it is too large or is no component.
    pub fn read(bytes: &[u8]) -> Result<Inspection, Problem> {
        if bytes.len() > MAX_COMPONENT_BYTES {
            let (bytes, limit) = (bytes.len() as u64, MAX_COMPONENT_BYTES as u64);
            return Err(Problem::TooLarge { bytes, limit });
        }
        if bytes.get(..4) != Some(b"\0asm") {
            let text = "is not a WebAssembly component: build it with --target wasm32-wasip2";
            return Err(Problem::NotAComponent(text.to_owned()));
        }
        let mut found = Inspection::default();
        let mut depth = 0usize;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(damaged)?;
            match payload {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    let text = "is a core module, not a component: build it with --target wasm32-wasip2";
                    return Err(Problem::NotAComponent(text.to_owned()));
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                // Rust's linker leaves the section in the core module, other tools put it on the component.
                Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                    found.manifests.push(section.data().to_vec());
                }
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        let import = import.map_err(damaged)?;
                        // A world's `use` of a type shows as an import of that type, which gives nothing.
                        if !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
                            found.imports.push(import.name.full_name().into_owned());
                        }
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        found.exports.push(export.map_err(damaged)?.name.full_name().into_owned());
                    }
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
            if found.imports.len() + found.exports.len() + found.manifests.len() > MAX_NAMES {
                let text = format!("has more than {MAX_NAMES} imports and exports");
                return Err(Problem::NotAComponent(text));
            }
        }
        Ok(found)
    }

    /// The one manifest.
    ///
    /// # Errors
    /// When there is none or more than one.
    pub fn manifest(&self) -> Result<&[u8], Problem> {
        match self.manifests.as_slice() {
            [manifest] => Ok(manifest),
            [] => Err(Problem::NoManifest(format!(
                "has no manifest (custom section '{MANIFEST_SECTION}'): register the plugin with the SDK's macro, \
                 or add plugin.toml to the component as that section"
            ))),
            more => Err(Problem::NoManifest(format!(
                "has {} manifests: a plugin is one component with one section '{MANIFEST_SECTION}'",
                more.len()
            ))),
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is the shape map_err wants")]
fn damaged(error: wasmparser::BinaryReaderError) -> Problem {
    Problem::NotAComponent(format!(
        "is damaged or not WebAssembly (byte {}: {}): build it again",
        error.offset(),
        error.message()
    ))
}
