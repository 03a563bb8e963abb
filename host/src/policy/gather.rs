//! Reads the files of a policy from disk, or takes those of a generation that is stored.
//!
//! Owns what lies there now, with a digest over all of it, and a cheap fingerprint that shows that something has changed. Does
//! not own what is made of it (`build`).

use std::collections::BTreeSet;
use std::hash::Hasher;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustc_hash::FxHasher;

use super::file::{FileKind, PolicyFile, digest_of};
use super::shipped;
use super::walk::{Found, Walked};
use crate::config::{self, Config, DEFAULT_PLUGIN_FOLDER, RulesConfig};
use crate::plugin::{self, MAX_COMPONENT_BYTES};

/// Configuration that is read where none is named.
pub const DEFAULT_CONFIG: &str = "ringfence.yaml";
/// Folder of rules that is read beside the configuration where none is named.
const DEFAULT_RULES: &str = config::DEFAULT_FOLDER;
/// Most bytes of one file of rules or functions; one more is read, so that its refusal can be told.
const MAX_RULE_BYTES: usize = 1 << 20;
/// Most bytes of all files: they are in memory, and in the database once for each content.
const MAX_BYTES: usize = 512 << 20;

/// Where a policy comes from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The configuration file; without one, [`DEFAULT_CONFIG`] in the working directory if it is there.
    pub config: Option<PathBuf>,
    /// Folder with further plugins, whatever the configuration says.
    pub plugins: Option<PathBuf>,
}

/// Where a configuration says that rules and plugins are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    rules: RulesConfig,
    plugins: Option<PathBuf>,
}

impl Places {
    /// By a configuration.
    pub fn of(config: &Config) -> Places {
        Places { rules: config.rules.clone(), plugins: config.plugin_folder.clone() }
    }
}

/// What lay there.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Files by kind and path.
    pub files: Vec<PolicyFile>,
    /// The configuration, or why it cannot be used: the file and the reason. None if there is none.
    pub config: Option<Result<Config, (String, String)>>,
    /// What could not be read, with the reason. A name that ends with a slash stands for all below it.
    pub problems: Vec<(FileKind, String, String)>,
    /// What says where its rules and plugins are.
    pub places: Places,
    /// Folders to watch.
    pub folders: BTreeSet<PathBuf>,
    /// Digest of all of it, of the built-in detectors and of what could not be read.
    pub digest: String,
}

impl Sources {
    /// The configuration file, if there is one to be read.
    pub fn config_file(&self) -> Option<PathBuf> {
        let default = || Some(PathBuf::from(DEFAULT_CONFIG)).filter(|path| path.exists());
        self.config.clone().or_else(default)
    }

    /// Reads everything. `before` says where rules are if the configuration cannot be read.
    pub fn gather(&self, before: Option<&Config>) -> Gathered {
        self.gather_by(before, None)
    }

    /// The same with rules and plugins from `places`, whatever the configuration that is read says.
    pub(super) fn gather_by(&self, before: Option<&Config>, places: Option<&Places>) -> Gathered {
        let mut gathered = Gathered::default();
        let file = self.config_file();
        gathered.config = file.as_deref().map(|path| read_config(path, &mut gathered.files));
        // Also when it is not there: it may come.
        gathered.folders.insert(self.base());
        let places = match (places, &gathered.config, before) {
            (Some(places), ..) => places.clone(),
            (None, Some(Ok(config)), _) | (None, _, Some(config)) => Places::of(config),
            _ => Places::default(),
        };
        if let (Some(Ok(config)), Some(path)) = (&gathered.config, &file) {
            let named = config
                .directory_file(path)
                .into_iter()
                .chain(config.key_files(path).into_iter().map(|k| k.1));
            gathered.folders.extend(named.filter_map(|file| Some(file.parent()?.to_owned())));
        }
        self.read_places(&places, &mut gathered);
        gathered.places = places;
        gathered.sign();
        gathered
    }

    /// Reads rules and plugins only, from where a configuration says that is there already.
    pub fn gather_under(&self, config: &Config) -> Gathered {
        let mut gathered = Gathered::default();
        self.read_places(&Places::of(config), &mut gathered);
        gathered.sign();
        gathered
    }

    fn read_places(&self, places: &Places, gathered: &mut Gathered) {
        if places.rules.shipped {
            gathered.files.extend(shipped_files(shipped::Kind::Rule));
        }
        gathered.files.extend(shipped_files(shipped::Kind::Lib));
        let walked = self.walk(places);
        let mut bytes = 0;
        for found in &walked.files {
            match read(found) {
                Ok(content) if bytes + content.len() <= MAX_BYTES => {
                    bytes += content.len();
                    gathered.files.push(PolicyFile::new(found.kind, &*found.name, &content));
                }
                Ok(_) => {
                    let reason = format!("all files together have more than {MAX_BYTES} bytes");
                    gathered.problems.push((found.kind, found.name.clone(), reason));
                }
                Err(error) => {
                    gathered.problems.push((
                        found.kind,
                        found.name.clone(),
                        format!("cannot be read: {error}"),
                    ));
                }
            }
        }
        gathered.problems.extend(walked.problems);
        // What is not there, or is a link, cannot be watched: the folder in which it is made or replaced can.
        for (path, _) in self.rule_folders(&places.rules).into_iter().chain([self.plugin_folder(places)]) {
            let above = path.parent().unwrap_or(&path).ancestors().find(|a| a.is_dir());
            gathered.folders.extend(above.map(Path::to_owned));
        }
        gathered.folders.extend(walked.folders);
    }

    /// Changes when a file is written, made, removed or replaced, however that is done.
    pub fn fingerprint(&self, config: &Config) -> u64 {
        let mut hash = FxHasher::default();
        let file = self.config_file();
        let directory = file.as_deref().and_then(|path| config.directory_file(path));
        let keys = file.as_deref().map(|path| config.key_files(path)).unwrap_or_default();
        for path in [file, directory].into_iter().flatten().chain(keys.into_iter().map(|key| key.1)) {
            sign(&mut hash, &path.to_string_lossy(), std::fs::metadata(&path).ok().as_ref());
        }
        let walked = self.walk(&Places::of(config));
        walked.files.iter().for_each(|found| sign(&mut hash, &found.name, Some(&found.meta)));
        walked.problems.iter().for_each(|(_, name, reason)| {
            hash.write(name.as_bytes());
            hash.write(reason.as_bytes());
        });
        hash.finish()
    }

    /// Folder that relative names start from.
    fn base(&self) -> PathBuf {
        let file = self.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_CONFIG));
        match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        }
    }

    /// Folders of rules with their names. The default one counts only if it is there.
    fn rule_folders(&self, rules: &RulesConfig) -> Vec<(PathBuf, String)> {
        match &rules.folders {
            Some(folders) => folders.iter().map(|folder| self.named(folder)).collect(),
            None => vec![self.named(Path::new(DEFAULT_RULES))],
        }
    }

    /// The folder of plugins with its name: that of the command line, of the configuration, or the default one.
    fn plugin_folder(&self, places: &Places) -> (PathBuf, String) {
        match (&self.plugins, &places.plugins) {
            (Some(folder), _) => (folder.clone(), folder.to_string_lossy().trim_end_matches('/').to_owned()),
            (None, Some(folder)) => self.named(folder),
            (None, None) => self.named(Path::new(DEFAULT_PLUGIN_FOLDER)),
        }
    }

    /// Where a folder lies, and its name as the configuration has it.
    fn named(&self, folder: &Path) -> (PathBuf, String) {
        let name = folder.to_string_lossy();
        let name = name.trim_end_matches('/').trim_start_matches("./");
        (self.base().join(folder), if name.is_empty() { "/".to_owned() } else { name.to_owned() })
    }

    fn walk(&self, places: &Places) -> Walked {
        let mut walked = Walked::default();
        for (path, name) in self.rule_folders(&places.rules) {
            if places.rules.folders.is_some() || path.exists() {
                walked.rules(&path, &name);
            }
        }
        let is_named = self.plugins.is_some() || places.plugins.is_some();
        let (path, name) = self.plugin_folder(places);
        if is_named || path.is_dir() {
            walked.plugins(&path, &name);
        }
        walked
    }
}

impl Gathered {
    /// A configuration that came from no file, with the shipped rules.
    pub fn of(config: Config) -> Gathered {
        let mut gathered = Gathered::default();
        if config.rules.shipped {
            gathered.files.extend(shipped_files(shipped::Kind::Rule));
        }
        gathered.files.extend(shipped_files(shipped::Kind::Lib));
        gathered.config = Some(Ok(config));
        gathered.sign();
        gathered
    }

    /// The files of a stored generation, as if they lay there.
    pub fn stored(files: Vec<PolicyFile>) -> Gathered {
        let mut gathered = Gathered { files, ..Gathered::default() };
        gathered.config = stored_config(&gathered.files);
        gathered.sign();
        gathered
    }

    fn sign(&mut self) {
        self.files.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
        let builtins: Vec<String> = plugin::builtins().iter().map(|b| plugin::digest(b.bytes)).collect();
        let mut more: Vec<&str> = builtins.iter().map(String::as_str).collect();
        for (_, name, reason) in &self.problems {
            more.extend([name.as_str(), reason.as_str()]);
        }
        if let Some(Err((file, reason))) = &self.config {
            more.extend([file.as_str(), reason.as_str()]);
        }
        self.digest = digest_of(&self.files, &more);
    }
}

fn sign(hash: &mut FxHasher, name: &str, meta: Option<&std::fs::Metadata>) {
    hash.write(name.as_bytes());
    if let Some(meta) = meta {
        for value in [meta.dev(), meta.ino(), meta.size()] {
            hash.write_u64(value);
        }
        for value in [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()] {
            hash.write_i64(value);
        }
    }
}

fn shipped_files(kind: shipped::Kind) -> impl Iterator<Item = PolicyFile> {
    let of = if kind == shipped::Kind::Lib { FileKind::ShippedLib } else { FileKind::Shipped };
    shipped::of(kind).map(move |file| PolicyFile::new(of, format!("shipped/{}", file.path), file.bytes))
}

/// Reads a configuration and the directory it names; what was read of them goes to `files`, also if it is wrong.
fn read_config(path: &Path, files: &mut Vec<PolicyFile>) -> Result<Config, (String, String)> {
    let name = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let refused = |path: &Path, e: &dyn std::fmt::Display| (name(path), e.to_string());
    let text = config::read(path).map_err(|e| refused(path, &e))?;
    files.push(PolicyFile::new(FileKind::Config, name(path), &text));
    let mut config = Config::parse(path, &text).map_err(|e| refused(path, &e))?;
    if let Some(directory) = config.directory_file(path) {
        let text = config::read(&directory).map_err(|e| refused(&directory, &e))?;
        files.push(PolicyFile::new(FileKind::Directory, name(&directory), &text));
        config.add_directory(&directory, &text).map_err(|e| refused(&directory, &e))?;
    }
    for (key, file) in config.key_files(path) {
        let text = config::read(&file).map_err(|e| refused(&file, &e))?;
        files.push(PolicyFile::new(FileKind::Key, &*key, &text));
        config.add_key(&file, &key, &text).map_err(|e| refused(&file, &e))?;
    }
    config.check(path).map_err(|e| refused(path, &e))?;
    Ok(config)
}

/// The configuration in the files of a generation.
fn stored_config(files: &[PolicyFile]) -> Option<Result<Config, (String, String)>> {
    let of = |kind| files.iter().find(|f| f.kind == kind);
    let file = of(FileKind::Config)?;
    let read = || {
        let path = Path::new(&file.path);
        let mut config = Config::parse(path, &file.bytes)?;
        if let Some(directory) = of(FileKind::Directory) {
            config.add_directory(Path::new(&directory.path), &directory.bytes)?;
        }
        for (key, _) in config.key_files(path) {
            // Stored under the key's name: where its file lay is of no account then.
            let stored = files.iter().find(|f| f.kind == FileKind::Key && f.path == key);
            config.add_key(Path::new(&key), &key, stored.map_or(b"", |f| &f.bytes))?;
        }
        config.check(path)?;
        Ok(config)
    };
    Some(read().map_err(|e: config::ConfigError| (file.path.clone(), e.to_string())))
}

fn read(found: &Found) -> std::io::Result<Vec<u8>> {
    let most = match found.kind {
        FileKind::Plugin => MAX_COMPONENT_BYTES,
        FileKind::Signature => bundle::MAX_SIGNATURE_BYTES,
        _ => MAX_RULE_BYTES,
    };
    let mut bytes = Vec::new();
    std::fs::File::open(&found.path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
