//! Writes what is made from the field table: `make generate`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    std::fs::write(root.join("docs/fields.md"), model::fields::docs_page())?;
    std::fs::write(root.join("plugins/sdk/src/fields.rs"), model::fields::sdk_accessors())?;
    std::fs::write(root.join("plugins/python/ringfence/fields.py"), model::fields::python_fields())?;
    std::fs::write(root.join("plugins/js/ringfence/fields.js"), model::fields::js_fields())
}
