use super::*;

fn load(text: &str) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ringfence.yaml");
    std::fs::write(&path, text).unwrap();
    Config::load(&path)
}

#[test]
fn empty_file_means_defaults() {
    let config = load("{}").unwrap();
    assert_eq!(config.database, Database::Embedded);
    assert_eq!(config.lateness_hours, 24);
}

#[test]
fn locations_and_hours_are_read() {
    let config = load(
        "locations:\n  Madrid:\n    zone: Europe/Madrid\n    country: ES\n    business_hours:\n      - {days: [mon, fri], from: \"22:00\", to: \"06:00\"}\n    holidays: [2026-01-06]\n",
    )
    .unwrap();
    let madrid = &config.locations["Madrid"];
    assert_eq!(madrid.business_hours[0].days, [Weekday::Mon, Weekday::Fri]);
    assert_eq!(madrid.holidays.len(), 1);
}

#[test]
fn mistakes_name_line_and_remedy() {
    let message = load("organisation: Acme\nlocatons: {}\n").unwrap_err().to_string();
    assert!(message.contains("locatons") && message.contains("locations"), "{message}");
    assert!(message.contains('2'), "the line is missing: {message}");
    let message = load("locations:\n  X: {zone: Europe/Madird}\n").unwrap_err().to_string();
    assert!(message.contains("Europe/Madird") && message.contains("IANA"), "{message}");
    for text in ["country: Spain\n", "locations:\n  X: {country: es}\n"] {
        let message = load(text).unwrap_err().to_string();
        assert!(message.contains("is not an ISO 3166 code: write it like 'ES'"), "{message}");
    }
    let message = load("numbers: ['555']\n").unwrap_err().to_string();
    assert!(message.contains("E.164"), "{message}");
    let message = load("lateness_hours: 0\n").unwrap_err().to_string();
    assert!(message.contains("744"), "{message}");
}

#[test]
fn passwords_do_not_print() {
    let config = load("database: 'postgres://u:secret@h/d'\n").unwrap();
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn directory_file_adds_to_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("d.yaml"),
        "locations: {Lima: {zone: America/Lima}}\nnumbers: ['+5112*']\n",
    )
    .unwrap();
    std::fs::write(dir.path().join("c.yaml"), "directory: d.yaml\nlocations: {Quito: {}}\n").unwrap();
    let config = Config::load(&dir.path().join("c.yaml")).unwrap();
    assert_eq!(config.locations.len(), 2);
    assert_eq!(config.numbers, ["+5112*"]);
}

#[test]
fn the_health_address_can_be_set_and_switched_off() {
    let listen = |text: &str| load(text).map(|c| c.health.listen.0.map(|a| a.to_string()));
    assert_eq!(listen("{}").unwrap().as_deref(), Some("127.0.0.1:9464"));
    assert_eq!(listen("health: {listen: \"[::1]:0\"}").unwrap().as_deref(), Some("[::1]:0"));
    for off in ["health: {listen: off}", "health: {listen: \"off\"}"] {
        assert_eq!(listen(off).unwrap(), None);
    }
    let message = listen("health:\n  listen: localhost\n").unwrap_err().to_string();
    assert!(message.contains("127.0.0.1:9464") && message.contains('2'), "{message}");
}

#[test]
fn retention_is_for_ever_unless_set_and_never_nothing() {
    assert_eq!(load("{}").unwrap().retention(), None);
    assert_eq!(load("retention_months: 84").unwrap().retention(), Some(Months::new(84)));
    for wrong in ["0", "229", "70000", "-1"] {
        let message = load(&format!("retention_months: {wrong}\n")).unwrap_err().to_string();
        assert!(message.contains("retention_months") || message.contains(wrong), "{message}");
    }
}

#[test]
fn budgets_have_defaults_and_values_that_make_no_sense_are_refused_by_name() {
    let config =
        load("plugins: {a: {budget: {record_us: 0.5, state_keys: 7}}}\nlanes: {share_percent: 25}\n")
            .unwrap();
    let budget = &config.plugins["a"].budget;
    assert_eq!(*budget, Budget { record_us: 0.5, state_keys: 7, ..Budget::default() });
    assert_eq!(
        (budget.record().as_nanos(), budget.state_bytes(), config.lanes.share_percent),
        (500, 1 << 30, 25)
    );
    for (wrong, words) in [
        ("{record_us: 0}", "budget.record_us is 0 but must be 0.05 to 1000000"),
        ("{record_us: .nan}", "budget.record_us is NaN"),
        ("{state_keys: 0}", "budget.state_keys is 0 but must be 1 to"),
        ("{log_lines_per_hour: 0}", "enabled: false"),
        ("{findings_per_hour: 9999999999999}", "budget.findings_per_hour is 9999999999999"),
        ("{state_mb: 1}", "state_mib"),
    ] {
        let message = load(&format!("plugins: {{slow: {{budget: {wrong}}}}}\n")).unwrap_err().to_string();
        assert!(message.contains(words), "{wrong}: {message}");
    }
    let message = load("lanes: {share_percent: 0}\n").unwrap_err().to_string();
    assert!(message.contains("lanes.share_percent is 0 but must be 1 to 100"), "{message}");
}
