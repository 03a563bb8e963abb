//! Writes the JSON Schema of rule files to `rules/schema/ringfence-rule.schema.json`, from the tables that the parser reads by.

fn main() -> std::io::Result<()> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../rules/schema");
    std::fs::create_dir_all(folder)?;
    std::fs::write(format!("{folder}/ringfence-rule.schema.json"), rules::schema::text())
}
