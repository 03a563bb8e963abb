use super::*;

fn global() -> Global {
    Global { config: None, data_dir: None, log_format: super::super::super::LogFormat::Text }
}

fn put(root: &Path, name: &str) -> PathBuf {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, name).unwrap();
    path
}

fn names(files: &[File], root: &Path) -> Vec<String> {
    // What is shipped comes besides.
    files.iter().filter_map(|f| Some(f.name.strip_prefix(root.to_str().unwrap())?.to_owned())).collect()
}

#[test]
fn a_folder_is_read_with_everything_below_it_but_what_holds_no_rules() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "a.yml",
        "b/c.yaml",
        "b/.swp.yml",
        ".git/x.yml",
        "templates/t.yml",
        "b/templates/u.yml",
        "lib/l.rhai",
        "n.txt",
        "o.rhai",
    ] {
        put(dir.path(), name);
    }
    let sources = read(&[dir.path().to_path_buf()], &global()).unwrap();
    assert_eq!(names(&sources.files, dir.path()), ["/a.yml", "/b/c.yaml", "/b/templates/u.yml"]);
    assert_eq!(names(&sources.libs, dir.path()), ["/lib/l.rhai"]);
    assert_eq!(sources.asked.len(), 4);
}

#[test]
fn a_file_brings_what_it_may_refer_to_and_is_alone_reported_on() {
    let dir = tempfile::tempdir().unwrap();
    let file = put(dir.path(), "fraud/a.yml");
    for name in ["fraud/b.yml", "other/c.yml", "lib/l.rhai"] {
        put(dir.path(), name);
    }
    let sources = read(std::slice::from_ref(&file), &global()).unwrap();
    assert_eq!(names(&sources.files, dir.path()), ["/fraud/a.yml", "/fraud/b.yml", "/other/c.yml"]);
    assert_eq!(names(&sources.libs, dir.path()), ["/lib/l.rhai"]);
    assert_eq!(sources.asked, BTreeSet::from([file.display().to_string()]));

    std::fs::remove_dir_all(dir.path().join("lib")).unwrap();
    let sources = read(&[file.clone(), file], &global()).unwrap();
    assert_eq!(names(&sources.files, dir.path()), ["/fraud/a.yml", "/fraud/b.yml"]);
    assert!(matches!(read(&[dir.path().join("gone.yml")], &global()), Err(CliError::Usage(_))));
}
