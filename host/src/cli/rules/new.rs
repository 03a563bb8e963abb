//! `ringfence rules new`: a rule to begin with, which passes its own cases.

use std::collections::BTreeMap;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::super::{CliError, CliResult, Global};
use super::sources;
use crate::policy::shipped;

/// Writes a new rule from a template, with an identity of its own.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The rule's name, and its file's: letters, digits, `_` and `-`.
    name: String,
    /// What it looks at.
    #[arg(long, alias = "template", value_enum, default_value_t)]
    kind: Kind,
    /// Which records.
    #[arg(long, value_enum, default_value_t)]
    category: Category,
    /// Folder for it; by default the first that the configuration loads.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One record at a time.
    #[default]
    Plain,
    /// Several records within a time.
    Correlation,
    /// Keeps records away from other rules.
    Filter,
}

/// Which records a rule looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Category {
    /// Calls.
    #[default]
    Call,
    /// Changes of forwarding.
    Forwarding,
    /// What administrators change.
    Admin,
    /// Sign-ins.
    SignIn,
}

/// Longest name.
const MAX_NAME: usize = 80;
/// Identities of templates begin so.
const TEMPLATE_ID: &str = "00000000-0000-4000-8000-";
/// Length of an identity.
const ID_LENGTH: usize = 36;
/// Date of templates.
const TEMPLATE_DATE: &str = "date: 2026-01-01";
/// Where random bytes come from, on every system we run on.
const RANDOM: &str = "/dev/urandom";
/// Folder of the schema, beside the rules; what is in it is not loaded.
const SCHEMA_FOLDER: &str = "schema";

/// Runs the command.
pub(crate) fn run(args: &NewArgs, global: &Global) -> CliResult {
    check_name(&args.name)?;
    let (path, schema) = (template_path(args.kind, args.category)?, schema());
    let template = shipped::of(shipped::Kind::Template)
        .find(|file| file.path == path)
        .and_then(|file| std::str::from_utf8(file.bytes).ok())
        .ok_or_else(|| CliError::Usage(format!("this build has no template '{path}'")))?;
    let folder = match &args.to {
        Some(folder) => folder.clone(),
        None => sources::first_folder(global)?,
    };
    let cannot = |what: &Path, e: std::io::Error| {
        CliError::Environment(format!("cannot write '{}': {e}", what.display()))
    };
    std::fs::create_dir_all(&folder).map_err(|e| cannot(&folder, e))?;
    let file = folder.join(format!("{}.yml", args.name));
    let text = std::fs::File::open(RANDOM)
        .and_then(|mut random| fill(template, &args.name, schema.map(|(name, _)| name), &mut random))
        .map_err(|e| {
            CliError::Environment(format!("cannot read {RANDOM}, where identities come from: {e}"))
        })?;
    match std::fs::File::create_new(&file) {
        Ok(mut created) => created.write_all(text.as_bytes()).map_err(|e| cannot(&file, e))?,
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(CliError::Usage(format!(
                "'{}' is there already: choose another name, or remove it first",
                file.display()
            )));
        }
        Err(e) => return Err(cannot(&file, e)),
    }
    if let Some((name, bytes)) = schema {
        write_schema(&folder.join(SCHEMA_FOLDER), name, bytes)?;
    }
    println!("{}", file.display());
    eprintln!("next: 'ringfence rules test --watch {}' tries its cases at every save", file.display());
    Ok(ExitCode::SUCCESS)
}

fn check_name(name: &str) -> Result<(), CliError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && name.len() <= MAX_NAME && name.chars().all(fits) {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "'{}' cannot be a rule's name: use at most {MAX_NAME} letters, digits, '_' and '-'",
        name.escape_debug()
    )))
}

/// Which template there is for a kind and category.
fn template_path(kind: Kind, category: Category) -> Result<&'static str, CliError> {
    Ok(match (kind, category) {
        (Kind::Plain, Category::Call) => "templates/plain.yml",
        (Kind::Plain, Category::Forwarding) => "templates/forwarding.yml",
        (Kind::Plain, Category::Admin) => "templates/admin.yml",
        (Kind::Plain, Category::SignIn) => "templates/sign_in.yml",
        (Kind::Correlation, Category::Call) => "templates/correlation.yml",
        (Kind::Correlation, Category::Forwarding) => "templates/correlation_forwarding.yml",
        (Kind::Filter, Category::Call) => "templates/filter.yml",
        _ => {
            return Err(CliError::Usage(
                "there is no such template: a correlation is of calls, or of sign-ins and forwarding \
                 (--category forwarding); a filter is of calls"
                    .to_owned(),
            ));
        }
    })
}

/// The schema of rules with its file name.
fn schema() -> Option<(&'static str, &'static [u8])> {
    let file = shipped::of(shipped::Kind::Schema).next()?;
    Some((file.path.rsplit('/').next().unwrap_or(file.path), file.bytes))
}

/// Puts the schema beside the rules, so that editors complete and check; an older one is replaced.
fn write_schema(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), CliError> {
    let file = folder.join(name);
    if std::fs::read(&file).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, bytes))
        .map_err(|e| CliError::Environment(format!("cannot write '{}': {e}", file.display())))
}

/// The template as a rule: its own name, identities and date.
fn fill(template: &str, name: &str, schema: Option<&str>, random: &mut impl Read) -> std::io::Result<String> {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let own = template
        .lines()
        .find_map(|line| line.strip_prefix("name: "))
        .map_or("my_rule", |rest| rest.split_whitespace().next().unwrap_or("my_rule"));
    let mut out = String::with_capacity(template.len() + 128);
    if let Some(schema) = schema {
        out.push_str(&format!("# yaml-language-server: $schema={SCHEMA_FOLDER}/{schema}\n"));
    }
    let mut titled = false;
    for line in template.lines().filter(|line| !line.starts_with("# yaml-language-server:")) {
        let mut line = if line.starts_with("title: ") && !titled {
            titled = true;
            format!("title: {}", title(name))
        } else {
            line.replace(own, name)
        };
        if line == TEMPLATE_DATE {
            line = format!("date: {}", chrono::Utc::now().date_naive());
        }
        if let Some(at) = line.find(TEMPLATE_ID)
            && let Some(id) = line.get(at..at + ID_LENGTH).map(str::to_owned)
        {
            let fresh = match ids.get(&id) {
                Some(fresh) => fresh.clone(),
                None => identity(random)?,
            };
            line = line.replace(&id, &fresh);
            ids.insert(id, fresh);
        }
        out.push_str(&line);
        out.push('\n');
    }
    Ok(out)
}

/// A random identity, UUID version 4.
fn identity(random: &mut impl Read) -> std::io::Result<String> {
    let mut bytes = [0; 16];
    random.read_exact(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

/// `cuba_at_night` as a title: `Cuba At Night`.
fn title(name: &str) -> String {
    let words = name.split(['_', '-']).filter(|w| !w.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_becomes_a_rule_of_its_own() {
        let template = "# a\ntitle: T\nid: 00000000-0000-4000-8000-000000000000\nname: my_rule\ndate: 2026-01-01\nrules: [my_rule_call]\n---\n\
                        title: Part\nid: 00000000-0000-4000-8000-000000000001\nname: my_rule_call\n";
        let mut random = std::fs::File::open(RANDOM).unwrap();
        let one = fill(template, "cuba_at_night", Some("s.json"), &mut random).unwrap();
        let two = fill(template, "x", None, &mut random).unwrap();
        assert!(
            one.starts_with("# yaml-language-server: $schema=schema/s.json\n# a\ntitle: Cuba At Night\n"),
            "{one}"
        );
        for part in [
            "name: cuba_at_night\n",
            "rules: [cuba_at_night_call]",
            "name: cuba_at_night_call",
            "title: Part",
        ] {
            assert!(one.contains(part), "{part}: {one}");
        }
        assert!(!one.contains(TEMPLATE_ID) && !one.contains("2026-01-01"), "{one}");
        let ids = |text: &str| {
            text.lines().filter(|l| l.starts_with("id: ")).map(str::to_owned).collect::<Vec<_>>()
        };
        let all: std::collections::BTreeSet<String> = ids(&one).into_iter().chain(ids(&two)).collect();
        assert_eq!(all.len(), 4, "{all:?}");
        assert!(all.iter().all(|id| id.len() == 4 + ID_LENGTH && &id[18..19] == "4"), "{all:?}");
    }

    #[test]
    fn names_that_are_no_file_names_are_refused() {
        for name in ["", "../x", "a b", "_a", "ñ", &"x".repeat(81)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name("cuba-at_night2").is_ok());
    }
}
