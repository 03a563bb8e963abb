use super::*;

/// Every label there may be. A new one belongs here only after somebody has thought about what its values hold.
const LABELS: [&str; 5] = ["detector", "change", "role", "version", "le"];

/// Name, labels and value of every sample.
#[allow(clippy::type_complexity, reason = "name, labels and value, read once")]
fn samples(text: &str) -> Vec<(String, Vec<(String, String)>, f64)> {
    let sample = |line: &str| {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}').unwrap().split(',').filter(|l| !l.is_empty());
        let labels = labels.map(|label| {
            let (name, value) = label.split_once('=').unwrap();
            let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            (name.to_owned(), value.to_owned())
        });
        (name.to_owned(), labels.collect(), value.parse().unwrap())
    };
    text.lines().filter(|l| !l.starts_with('#')).map(sample).collect()
}

fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|l| l.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{text}")).parse().unwrap()
}

fn busy() -> Metrics {
    let metrics = Metrics::new();
    metrics.evaluated(100, 3, 1);
    metrics.evaluated(50, 0, 0);
    metrics.findings(5, 2, 1);
    metrics.lag(1.5);
    metrics.checkpoint(Duration::from_millis(20), 300);
    metrics.role(Role::Leader);
    metrics.database(true);
    metrics.detector("mass-dialing", &figures());
    metrics
}

fn figures() -> DetectorFigures {
    DetectorFigures {
        rows: 150,
        time: Duration::from_millis(1_500),
        failures: 2,
        parked: 1,
        memory_bytes: 4 << 20,
        state_keys: 77,
        quarantined: true,
    }
}

#[test]
fn what_was_noted_is_shown() {
    let text = busy().exposition();
    for (series, expected) in [
        ("ringfence_records_evaluated_total", 150.0),
        ("ringfence_records_late_total", 3.0),
        ("ringfence_records_unreadable_total", 1.0),
        ("ringfence_findings_total{change=\"new\"}", 5.0),
        ("ringfence_findings_total{change=\"revised\"}", 2.0),
        ("ringfence_findings_total{change=\"withdrawn\"}", 1.0),
        ("ringfence_lag_seconds", 1.5),
        ("ringfence_checkpoint_seconds_count", 1.0),
        ("ringfence_checkpoint_seconds_bucket{le=\"0.01\"}", 0.0),
        ("ringfence_checkpoint_seconds_bucket{le=\"0.025\"}", 1.0),
        ("ringfence_checkpoint_keys_total", 300.0),
        ("ringfence_detector_rows_total{detector=\"mass-dialing\"}", 150.0),
        ("ringfence_detector_time_seconds_total{detector=\"mass-dialing\"}", 1.5),
        ("ringfence_detector_failures_total{detector=\"mass-dialing\"}", 2.0),
        ("ringfence_detector_parked_total{detector=\"mass-dialing\"}", 1.0),
        ("ringfence_detector_memory_bytes{detector=\"mass-dialing\"}", 4_194_304.0),
        ("ringfence_detector_state_keys{detector=\"mass-dialing\"}", 77.0),
        ("ringfence_detector_quarantined{detector=\"mass-dialing\"}", 1.0),
        ("ringfence_role{role=\"leader\"}", 1.0),
        ("ringfence_role{role=\"starting\"}", 0.0),
        ("ringfence_database_up", 1.0),
    ] {
        assert_eq!(value(&text, series), expected, "{series}");
    }
    assert!(value(&text, "ringfence_process_start_time_seconds") > 1.7e9);
    assert!(text.contains("ringfence_build_info{version="));
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn figures_of_a_detector_are_totals_not_increments() {
    let metrics = busy();
    metrics.detector("mass-dialing", &DetectorFigures { rows: 160, quarantined: false, ..figures() });
    let text = metrics.exposition();
    assert_eq!(value(&text, "ringfence_detector_rows_total{detector=\"mass-dialing\"}"), 160.0);
    assert_eq!(value(&text, "ringfence_detector_quarantined{detector=\"mass-dialing\"}"), 0.0);
}

#[test]
fn no_label_holds_personal_data() {
    let metrics = busy();
    // What an id could smuggle in, if somebody handed something else over by mistake.
    for id in ["+34911234567", "Ana Núñez", "ana@example.org", "", "a\nb", "UPPER", &"x".repeat(65)] {
        metrics.detector(id, &figures());
    }
    let text = metrics.exposition();
    for (name, labels, _) in samples(&text) {
        for (label, value) in labels {
            assert!(LABELS.contains(&label.as_str()), "{name} has the label {label}");
            let known = match label.as_str() {
                "detector" => value == "mass-dialing",
                "change" => ["new", "revised", "withdrawn"].contains(&value.as_str()),
                "role" => Role::ALL.iter().any(|r| r.name() == value),
                "version" => value == env!("CARGO_PKG_VERSION"),
                _ => value == "+Inf" || value.parse::<f64>().is_ok(),
            };
            assert!(known, "{name} has {label}={value}");
        }
    }
}

#[test]
fn the_number_of_series_is_bounded() {
    let metrics = Metrics::new();
    for i in 0..MAX_DETECTORS * 2 {
        metrics.detector(&format!("d{i}"), &figures());
    }
    let rows = |text: &str| text.matches("ringfence_detector_rows_total{").count();
    assert_eq!(rows(&metrics.exposition()), MAX_DETECTORS);
    // Those that have a place keep it.
    metrics.detector("d0", &DetectorFigures { rows: 1, ..figures() });
    assert_eq!(value(&metrics.exposition(), "ringfence_detector_rows_total{detector=\"d0\"}"), 1.0);
}

#[test]
fn a_loop_that_does_not_go_round_is_noticed() {
    let started = Instant::now().checked_sub(Duration::from_secs(90)).unwrap();
    let metrics = Metrics::since(started);
    assert!(metrics.stalled_for() >= Duration::from_secs(90));
    metrics.alive();
    assert!(metrics.stalled_for() < Duration::from_secs(80));
}

#[test]
fn odd_lags_are_shown_as_none() {
    let metrics = Metrics::new();
    for odd in [f64::NAN, f64::INFINITY, -1.0] {
        metrics.lag(odd);
        assert_eq!(value(&metrics.exposition(), "ringfence_lag_seconds"), 0.0);
    }
}
