//! What is made from the field table and checked in must be what the table says today.

use std::path::Path;

fn checked_in(path: &str) -> String {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(path);
    std::fs::read_to_string(&full).unwrap_or_default()
}

#[test]
fn field_docs_are_current() {
    assert!(checked_in("docs/fields.md") == model::fields::docs_page(), "stale: run `make generate`");
}

#[test]
fn sdk_accessors_are_current() {
    let path = "plugins/sdk/src/fields.rs";
    assert!(checked_in(path) == model::fields::sdk_accessors(), "{path} is stale: run `make generate`");
}

#[test]
fn fields_for_other_languages_are_current() {
    let (python, js) = ("plugins/python/ringfence/fields.py", "plugins/js/ringfence/fields.js");
    assert!(checked_in(python) == model::fields::python_fields(), "{python} is stale: run `make generate`");
    assert!(checked_in(js) == model::fields::js_fields(), "{js} is stale: run `make generate`");
}
