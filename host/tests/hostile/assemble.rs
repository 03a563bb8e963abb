//! Makes components from core modules written as text: a guest that does nothing, of which each case replaces a part.

use std::sync::LazyLock;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

/// The interface the guests are built for.
const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v1.0.0");
pub const PACKAGE: &str = "ringfence:detector";
pub const VERSION: &str = "1.0.0";

static WORLD: LazyLock<(Resolve, WorldId)> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(WIT).unwrap();
    let world = resolve.select_world(&[package], Some("detector")).unwrap();
    (resolve, world)
});

/// Where the result of an export that says nothing lies: zeros are `ok` with an empty list.
pub const NOTHING: u32 = 16;
/// Where cases put bytes of their own.
pub const DATA: u32 = 4_096;

/// Parts of a core module.
#[derive(Clone, Debug)]
pub struct Core {
    /// Module-level text: functions, globals, tables, data, start.
    pub extra: String,
    /// `(import …)` lines.
    pub imports: String,
    /// Pages, as text.
    pub memory: String,
    /// What each export does before it answers.
    pub configure: String,
    pub process: String,
    pub checkpoint: String,
    /// What `process` answers: an address.
    pub answer: String,
    /// What runs before `cabi_realloc`.
    pub realloc: String,
    pub capabilities: String,
    pub columns: String,
}

impl Default for Core {
    fn default() -> Core {
        let none = String::new;
        Core {
            extra: none(),
            imports: none(),
            memory: "4".to_owned(),
            configure: none(),
            process: none(),
            checkpoint: none(),
            answer: format!("i32.const {NOTHING}"),
            realloc: none(),
            capabilities: "[]".to_owned(),
            columns: "[\"user\"]".to_owned(),
        }
    }
}

impl Core {
    pub fn module(&self) -> Vec<u8> {
        let Core { extra, imports, memory, configure, process, checkpoint, answer, realloc, .. } = self;
        let text = format!(
            r#"(module
            {imports}
            (memory (export "memory") {memory})
            (global $bump (mut i32) (i32.const 65536))
            (global $calls (mut i32) (i32.const 0))
            {extra}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
                {realloc}
                (local.set $at (i32.and (i32.add (global.get $bump) (i32.const 7)) (i32.const -8)))
                (global.set $bump (i32.add (local.get $at) (local.get 3)))
                (block $ok (loop $more
                    (br_if $ok (i32.le_u (global.get $bump) (i32.mul (memory.size) (i32.const 65536))))
                    (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
                    unreachable))
                (local.get $at))
            (func (export "configure") (param i32 i32 i32 i32 i32 i32 i64) (result i32) (local $i i32)
                (global.set $bump (i32.const 65536))
                {configure}
                i32.const {NOTHING})
            (func (export "process") (param i32 i64 i32 i32) (result i32) (local $i i32)
                (global.set $bump (i32.const 65536))
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                {process}
                {answer})
            (func (export "checkpoint") (result i32) (local $i i32)
                (global.set $bump (i32.const 65536))
                {checkpoint}
                i32.const {NOTHING}))"#
        );
        wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}"))
    }

    /// A component with a manifest.
    pub fn component(&self, id: &str) -> Vec<u8> {
        with_manifest(component(self.module()), &manifest(id, &self.columns, &self.capabilities))
    }

    /// Calls a function of the interface: `(import …)` with that core signature, as `$name`.
    pub fn import(mut self, interface: &str, function: &str, signature: &str) -> Core {
        self.imports += &format!(
            "(import \"{PACKAGE}/{interface}@{VERSION}\" \"{function}\" (func ${function} {signature}))\n"
        );
        self.capabilities = format!("[\"{interface}\"]");
        self
    }
}

pub fn component(mut module: Vec<u8>) -> Vec<u8> {
    let (resolve, world) = &*WORLD;
    embed_component_metadata(&mut module, resolve, *world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(false).encode().unwrap()
}

pub fn manifest(id: &str, columns: &str, capabilities: &str) -> String {
    format!(
        "id = \"{id}\"\nversion = \"1.0.0\"\ninterface = \"1.0\"\nsummary = \"Means no good.\"\npartition = \"user\"\n\
         events = [\"call\", \"sign-in\"]\ncolumns = {columns}\ncapabilities = {capabilities}\n"
    )
}

pub fn with_manifest(mut component: Vec<u8>, manifest: &str) -> Vec<u8> {
    custom(&mut component, "ringfence:manifest", manifest.as_bytes());
    component
}

/// Appends a custom section.
pub fn custom(bytes: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut body = Vec::new();
    leb(&mut body, name.len());
    body.extend(name.as_bytes());
    body.extend(data);
    bytes.push(0);
    leb(bytes, body.len());
    bytes.extend(body);
}

pub fn leb(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// A finding as it lies in memory at [`DATA`], behind the result that holds it: what `process` answers is the address of the
/// result. Offsets are those of the canonical ABI.
pub struct Said {
    bytes: Vec<u8>,
}

/// Offsets within the finding.
pub mod at {
    pub const KEY: usize = 0;
    pub const KIND: usize = 8;
    pub const SEVERITY: usize = 16;
    pub const SCORE: usize = 24;
    pub const SUBJECT: usize = 32;
    pub const SUBJECT_VALUE: usize = 40;
    pub const TITLE: usize = 48;
    pub const EXPLANATION: usize = 56;
    pub const FIRST: usize = 64;
    pub const LAST: usize = 72;
    pub const EVIDENCE: usize = 88;
    pub const ATTRIBUTES: usize = 96;
}

/// The result (16 bytes), the output's case (8), the finding.
const FINDING: usize = 24;
/// Of texts that findings point to.
const TEXT: usize = 512;

impl Said {
    /// One ordinary finding about the organisation.
    pub fn new() -> Said {
        let mut said = Said { bytes: vec![0; 8_192] };
        // ok(list): one output behind the result.
        said.put(4, &(DATA + 16).to_le_bytes()).put(8, &1u32.to_le_bytes());
        said.bytes[TEXT..TEXT + 11].copy_from_slice(b"hostile-key");
        said.text(at::KEY, TEXT as u32, 11).text(at::KIND, TEXT as u32, 7).text(at::TITLE, TEXT as u32, 11);
        said.field(at::SUBJECT, &[3]).field(at::SCORE, &0.5f64.to_le_bytes());
        said
    }

    fn put(&mut self, offset: usize, bytes: &[u8]) -> &mut Said {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Overwrites a part of the finding.
    pub fn field(&mut self, offset: usize, bytes: &[u8]) -> &mut Said {
        self.put(FINDING + offset, bytes)
    }

    /// A text or list at an address within the data.
    pub fn text(&mut self, offset: usize, address: u32, length: u32) -> &mut Said {
        self.field(offset, &(DATA + address).to_le_bytes()).field(offset + 4, &length.to_le_bytes())
    }

    /// Bytes at a place of their own.
    pub fn data(&mut self, offset: usize, bytes: &[u8]) -> &mut Said {
        self.put(offset, bytes)
    }

    /// Overwrites a part of the result: its case, the list's address and length.
    pub fn result(&mut self, offset: usize, bytes: &[u8]) -> &mut Said {
        self.put(offset, bytes)
    }

    /// Which kind of output it is.
    pub fn case(&mut self, case: u8) -> &mut Said {
        self.put(16, &[case])
    }

    /// A core module that answers it.
    pub fn core(&self) -> Core {
        let end = self.bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        let escaped: String = self.bytes[..end].iter().map(|b| format!("\\{b:02x}")).collect();
        Core {
            extra: format!("(data (i32.const {DATA}) \"{escaped}\")"),
            answer: format!("i32.const {DATA}"),
            ..Core::default()
        }
    }
}
