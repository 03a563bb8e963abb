//! Text made from the field table: `docs/fields.md`, the SDK's accessors, and the tables of the helpers in other
//! languages. Tests compare them with what is checked in, so neither can go stale.

use std::fmt::Write as _;

use super::{FieldId, FieldType, PersonalData, well_known};

/// `docs/fields.md`.
pub fn docs_page() -> String {
    let mut page = String::from(
        "# Fields\n\nGenerated from the field table (`host/crates/model/src/fields/table.rs`) by `make generate`; do not edit.\n\n\
         A field's name is the same in plugin manifests, rules, scripts, the API and SQL (but `user` is a reserved word there: `user_id`). An absent value is 0 or empty in a\n\
         plugin column. Enumerations are open: an unknown value is kept and gets a handle of its own.\n\n\
         | name | type | Webex key | personal data | meaning |\n|---|---|---|---|---|\n",
    );
    for f in FieldId::all() {
        let key = f.webex_key.map_or_else(|| "–".to_owned(), |k| format!("`{k}`"));
        let (ty, personal) = (type_name(f.ty), personal_name(f.personal));
        let _ = writeln!(page, "| `{}` | {ty} | {key} | {personal} | {} |", f.name, f.doc);
    }
    page.push_str(COLUMNS);
    let _ = writeln!(
        page,
        "\n## Values with fixed handles\n\nThe same in every installation; all other texts have handles from {} up. An event's kind (the column `event`) is one of \
         them.\n\n| handle | value |\n|---|---|",
        well_known::FIRST_DYNAMIC
    );
    for (handle, value) in well_known::all() {
        let _ = writeln!(page, "| {handle} | `{value}` |");
    }
    page
}

/// The well-known values: handle, text, and the name of the constant, which is the same in every language.
fn constants() -> impl Iterator<Item = (u32, &'static str, String)> {
    let mut seen = std::collections::BTreeSet::new();
    well_known::all().map(move |(handle, value)| {
        let mut ident: String = value
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect();
        if handle >= well_known::FIRST_COUNTRY {
            ident.insert_str(0, "COUNTRY_");
        }
        if !seen.insert(ident.clone()) {
            let _ = write!(ident, "_{handle}");
        }
        (handle, value, ident)
    })
}

/// `plugins/python/ringfence/fields.py`: kinds of the fields, and a constant per well-known value.
pub fn python_fields() -> String {
    let mut code = String::from(
        "\"\"\"Fields with their kinds, and well-known values.\n\n\
         Generated from the host's field table by `make generate`; do not edit.\n\"\"\"\n\n# Kind of each field's column.\nKINDS = {\n",
    );
    for f in FieldId::all() {
        let _ = writeln!(code, "    \"{}\": \"{}\",", f.name, kind_name(f.ty));
    }
    code.push_str("}\n\n\nclass known:\n    \"\"\"Handles of well-known values.\"\"\"\n\n");
    for (handle, _, ident) in constants() {
        let _ = writeln!(code, "    {ident} = {handle}");
    }
    code.push_str("\n\n# Texts of well-known values.\nVALUES = {\n");
    for (handle, value, _) in constants() {
        let _ = writeln!(code, "    {handle}: \"{value}\",");
    }
    code.push_str("}\n");
    code
}

/// `plugins/js/ringfence/fields.js`: the same.
pub fn js_fields() -> String {
    let mut code = String::from(
        "// Fields with their kinds, and well-known values.\n//\n\
         // Generated from the host's field table by `make generate`; do not edit.\n\n/** Kind of each field's column. */\n\
         export const KINDS = {\n",
    );
    for f in FieldId::all() {
        let _ = writeln!(code, "  {}: '{}',", f.name, kind_name(f.ty));
    }
    code.push_str("};\n\n/** Handles of well-known values. */\nexport const known = {\n");
    for (handle, _, ident) in constants() {
        let _ = writeln!(code, "  {ident}: {handle},");
    }
    code.push_str("};\n\n/** Texts of well-known values. */\nexport const VALUES = new Map([\n");
    for (handle, value, _) in constants() {
        let _ = writeln!(code, "  [{handle}, '{value}'],");
    }
    code.push_str("]);\n");
    code
}

/// What the helpers in other languages call a type.
fn kind_name(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Id => "id",
        FieldType::Bool => "bool",
        FieldType::U32 => "u32",
        FieldType::Int => "int",
        FieldType::Float => "float",
        FieldType::Millis => "millis",
        FieldType::Enum => "enum",
        FieldType::Name => "name",
        FieldType::Phone => "phone",
        FieldType::Text => "text",
    }
}

/// How a plugin is given each type.
const COLUMNS: &str = "
## In a plugin

The column of the interface that a field arrives in follows from its type:

| type | column | an element is | absent |
|---|---|---|---|
| boolean | `u8s` | 0 or 1 | 0 |
| number | `u32s` | the number | 0 |
| open enumeration, name | `u32s` | the handle of a text | 0 |
| telephone number | `u64s` | a packed number (`types.number`) | 0 |
| time (ms UTC), signed number | `s64s` | the number | 0 |
| real number | `f64s` | the number | 0 |
| record id | `ids` | two elements per row: high and low half | never |
| text | `texts` | the text | empty |

Fields whose personal data is secret are not given to plugins.
";

/// `plugins/sdk/src/fields.rs`: a typed accessor per field, and a constant per well-known value.
pub fn sdk_accessors() -> String {
    let mut code = String::from(
        "//! Typed accessors, one per field, and constants for well-known values.\n//!\n\
         //! Generated from the host's field table by `make generate`; do not edit.\n\n\
         use crate::row::Row;\nuse crate::types::{Kind, Name, Number, RecordId};\n\n",
    );
    let count = super::FIELD_COUNT;
    let _ = writeln!(code, "/// Field names in table order.\npub const NAMES: [&str; {count}] = [");
    for f in FieldId::all() {
        let _ = writeln!(code, "    \"{}\",", f.name);
    }
    let _ = writeln!(code, "];\n\n/// Column types in table order.\npub const KINDS: [Kind; {count}] = [");
    for f in FieldId::all() {
        let _ = writeln!(code, "    Kind::{:?},", f.ty);
    }
    code.push_str("];\n\nimpl Row<'_> {\n");
    for f in FieldId::all() {
        let (ty, reader) = match f.ty {
            FieldType::Id => ("RecordId", "id"),
            FieldType::Bool => ("bool", "bool"),
            FieldType::U32 => ("u32", "u32"),
            FieldType::Int | FieldType::Millis => ("i64", "i64"),
            FieldType::Float => ("f64", "f64"),
            FieldType::Enum | FieldType::Name => ("Name", "name"),
            FieldType::Phone => ("Number", "number"),
            FieldType::Text => ("&str", "text"),
        };
        let _ = writeln!(
            code,
            "    /// {}\n    #[inline]\n    pub fn {}(&self) -> {ty} {{\n        self.read_{reader}({})\n    }}\n",
            f.doc, f.name, f.id as usize
        );
    }
    code.truncate(code.trim_end().len());
    code.push_str(
        "\n}\n\n/// Handles of well-known values.\npub mod known {\n    use crate::types::Name;\n\n",
    );
    for (handle, value, ident) in constants() {
        let _ = writeln!(code, "    /// `{value}`\n    pub const {ident}: Name = Name({handle});");
    }
    code.push_str(
        "\n    /// Text of a well-known value.\n    #[cfg(not(target_family = \"wasm\"))]\n    \
         pub(crate) fn text(name: Name) -> Option<&'static str> {\n        \
         VALUES.iter().find(|(handle, _)| *handle == name.0).map(|(_, text)| *text)\n    }\n\n    \
         /// Well-known value of a text.\n    #[cfg(not(target_family = \"wasm\"))]\n    \
         pub(crate) fn from_text(text: &str) -> Option<Name> {\n        \
         VALUES.iter().find(|(_, value)| *value == text).map(|(handle, _)| Name(*handle))\n    }\n\n    \
         #[cfg(not(target_family = \"wasm\"))]\n    const VALUES: &[(u32, &str)] = &[\n",
    );
    for (handle, value) in well_known::all() {
        let _ = writeln!(code, "        ({handle}, \"{value}\"),");
    }
    code.push_str("    ];\n}\n");
    code
}

fn type_name(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Id => "record id",
        FieldType::Bool => "boolean",
        FieldType::U32 => "number",
        FieldType::Int => "signed number",
        FieldType::Float => "real number",
        FieldType::Millis => "time (ms UTC)",
        FieldType::Enum => "open enumeration",
        FieldType::Name => "name",
        FieldType::Phone => "telephone number",
        FieldType::Text => "text",
    }
}

fn personal_name(class: PersonalData) -> &'static str {
    match class {
        PersonalData::No => "no",
        PersonalData::Indirect => "indirect",
        PersonalData::Direct => "direct",
        PersonalData::Secret => "secret",
    }
}
