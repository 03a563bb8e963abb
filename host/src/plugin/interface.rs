//! Which interface a component was built for, and whether it imports only what it may.
//!
//! Owns the lists of what is allowed and the remedies. Read from names alone, before anything is compiled: a
//! component that does not import the file system cannot reach it whatever its code does.

use super::error::Problem;
use super::inspect::Inspection;
use super::manifest::{Capability, Manifest, parse_version};

/// Package of the interface.
const PACKAGE: &str = "ringfence:detector/";
/// What this host runs, oldest first: `major.minor`, each by its adapter (`wit/README.md`).
pub const SUPPORTED: &[&str] = &["1.0"];

/// Longest list of imports in a message.
const MAX_SHOWN_BYTES: usize = 300;

/// Imports every language's runtime has, harmless as this host provides them: streams that lead nowhere, an empty
/// environment, a seed that is always the same.
const HARMLESS: &[&str] = &[
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:random/insecure-seed",
];

/// What is refused by name, and what to do instead.
const DENIED: &[(&str, &str, &str)] = &[
    (
        "wasi:filesystem/",
        "the file system",
        "remove file access (std::fs, std::env::current_dir); keep data in `state`, settings in the manifest's [config]",
    ),
    (
        "wasi:sockets/",
        "the network",
        "remove sockets and name look-ups (std::net); a detector sees its batches only",
    ),
    ("wasi:http/", "the network", "remove HTTP requests; a detector sees its batches only"),
    (
        "wasi:clocks/",
        "the clock",
        "remove Instant::now, SystemTime::now and thread::sleep; use the times in the batch (start_time, report_time, horizon)",
    ),
    (
        "wasi:random/",
        "randomness",
        "remove random numbers; seed a generator from the events, so that a replay gives the same findings",
    ),
];

/// Checks the interface version, the imports and the capabilities.
///
/// # Errors
/// Names the import or version, and the remedy.
pub fn check(inspection: &Inspection, manifest: &Manifest) -> Result<String, Problem> {
    let version = check_version(inspection, manifest)?;
    let imports = || inspection.imports.iter().map(|name| (name, name.split('@').next().unwrap_or(name)));
    // The file system, network and clock first: they are what an author has to hear about.
    let mut denied: (Vec<&str>, Vec<&str>, Vec<&str>) = Default::default();
    for (prefix, what, remedy) in DENIED {
        let of_group = imports().filter(|(_, b)| b.starts_with(prefix) && !HARMLESS.contains(b));
        let names: Vec<&str> = of_group.map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            denied.0.extend(names);
            denied.1.push(what);
            denied.2.push(remedy);
        }
    }
    denied.1.dedup();
    if !denied.0.is_empty() {
        let reason = format!("which would give it {}, denied to detectors", denied.1.join(" and "));
        return Err(refused(&denied.0.join(", "), reason, denied.2.join("; also ")));
    }
    for (name, bare) in imports() {
        let Some(interface) = bare.strip_prefix(PACKAGE) else {
            if HARMLESS.contains(&bare) {
                continue;
            }
            let remedy = "remove it; docs/plugin-guide.md lists what a detector may import".to_owned();
            return Err(refused(name, "which this host does not have".to_owned(), remedy));
        };
        match Capability::from_name(interface) {
            None if interface == "types" => {}
            None => {
                let reason = "which the interface does not have".to_owned();
                return Err(refused(name, reason, "build against wit/v1.0.0".to_owned()));
            }
            Some(capability) if !manifest.capabilities.contains(&capability) => {
                let reason = "which its manifest does not declare".to_owned();
                let remedy = format!("add \"{interface}\" to capabilities in plugin.toml, or stop using it");
                return Err(refused(name, reason, remedy));
            }
            Some(_) => {}
        }
    }
    Ok(version)
}

fn refused(import: &str, reason: String, remedy: String) -> Problem {
    Problem::Import { import: super::text::escaped(import, MAX_SHOWN_BYTES), reason, remedy }
}

/// The version in the names of imports and exports must be supported, and be the manifest's.
fn check_version(inspection: &Inspection, manifest: &Manifest) -> Result<String, Problem> {
    let names = inspection.imports.iter().chain(&inspection.exports);
    let mut found: Vec<&str> = names
        .filter_map(|n| n.strip_prefix(PACKAGE))
        .map(|n| n.split('@').nth(1).unwrap_or("none"))
        .collect();
    found.sort_unstable();
    found.dedup();
    let problem = |found: &str, remedy: &str| Problem::Interface {
        found: super::text::escaped(found, 60),
        supported: SUPPORTED.join(", "),
        remedy: remedy.to_owned(),
    };
    let version = match found.as_slice() {
        [version] => *version,
        [] => {
            let remedy = "export the world `detector` of wit/v1.0.0, best through the SDK";
            return Err(problem("none", remedy));
        }
        several => return Err(problem(&several.join(" and "), "build it against one version")),
    };
    let short = parse_version(version).map(|(major, minor, _)| format!("{major}.{minor}"));
    let Some(short) = short.filter(|s| SUPPORTED.contains(&s.as_str())) else {
        let newest = SUPPORTED.last().and_then(|s| parse_version(&format!("{s}.0")));
        let remedy = if parse_version(version) > newest {
            "update ringfence, or build the plugin with this release's SDK"
        } else {
            "build the plugin again with this release's SDK"
        };
        return Err(problem(version, remedy));
    };
    if manifest.interface != short {
        let message = format!(
            "is '{}', but the component is built for {version}: write interface = \"{short}\"",
            super::text::escaped(&manifest.interface, 40)
        );
        return Err(Problem::Manifest { key: "interface".to_owned(), message });
    }
    Ok(version.to_owned())
}

#[cfg(test)]
mod released;

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(capabilities: &str) -> Manifest {
        let text = format!(
            "id = \"x\"\nversion = \"1.0.0\"\ninterface = \"1.0\"\nsummary = \"X.\"\npartition = \"user\"\n\
             events = [\"call\"]\ncolumns = [\"user\"]\ncapabilities = {capabilities}"
        );
        Manifest::parse(text.as_bytes()).unwrap()
    }

    fn judge(imports: &[&str], capabilities: &str) -> Result<String, String> {
        let imports = imports.iter().map(|i| (*i).to_owned()).collect();
        let inspection = Inspection { imports, ..Inspection::default() };
        check(&inspection, &manifest(capabilities)).map_err(|e| e.to_string())
    }

    const TYPES: &str = "ringfence:detector/types@1.0.0";

    #[test]
    fn what_the_standard_library_needs_is_allowed() {
        let imports = [
            TYPES,
            "ringfence:detector/state@1.0.0",
            "wasi:io/poll@0.2.6",
            "wasi:cli/stderr@0.2.6",
            "wasi:random/insecure-seed@0.2.4",
        ];
        assert_eq!(judge(&imports, "[\"state\"]").unwrap(), "1.0.0");
    }

    #[test]
    fn the_world_outside_is_refused_by_name_with_a_remedy() {
        for (import, remedy) in [
            ("wasi:filesystem/types@0.2.6", "std::fs"),
            ("wasi:sockets/tcp@0.2.6", "std::net"),
            ("wasi:http/outgoing-handler@0.2.6", "HTTP"),
            ("wasi:clocks/monotonic-clock@0.2.6", "Instant::now"),
            ("wasi:random/random@0.2.6", "seed a generator"),
            ("acme:things/gpu@1.0.0", "remove it"),
            ("ringfence:detector/telepathy@1.0.0", "wit/v1.0.0"),
        ] {
            let message = judge(&[TYPES, import], "[]").unwrap_err();
            assert!(message.contains(import) && message.contains(remedy), "{message}");
        }
    }

    #[test]
    fn a_capability_must_be_declared() {
        let message = judge(&[TYPES, "ringfence:detector/names@1.0.0"], "[\"log\"]").unwrap_err();
        assert!(message.contains("add \"names\" to capabilities"), "{message}");
    }

    #[test]
    fn versions_are_refused_with_found_supported_and_remedy() {
        let newer = judge(&["ringfence:detector/types@9.9.9"], "[]").unwrap_err();
        assert!(newer.contains("9.9.9") && newer.contains("runs 1.0") && newer.contains("update"), "{newer}");
        let older = judge(&["ringfence:detector/types@0.1.0"], "[]").unwrap_err();
        assert!(older.contains("0.1.0") && older.contains("runs 1.0") && older.contains("again"), "{older}");
        assert!(judge(&["wasi:io/error@0.2.6"], "[]").unwrap_err().contains("export the world"));
        assert!(
            judge(&[TYPES, "ringfence:detector/log@1.2.0"], "[]").unwrap_err().contains("1.0.0 and 1.2.0")
        );
    }
}
