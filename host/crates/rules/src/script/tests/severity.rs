//! Severity by the episode.

use model::{FieldId, Name, Severity};

use super::{BEGIN, scripts, world};
use crate::record::Field;
use crate::script::{ErrorKind, Facts, ScriptError};
use crate::window::Datum;

const FACTS: Facts<'static> = Facts {
    count: 12,
    value: 7.5,
    firings: 3,
    first: 1_795_392_000_000,
    last: 1_795_392_000_000 + 90 * 60_000,
    columns: &[Field::Table(FieldId::called_country), Field::Table(FieldId::duration)],
    values: &[Datum::Name(Name::known("CU").0), Datum::Int(120)],
};

fn of(source: &str) -> Result<Severity, ScriptError> {
    scripts(&[]).severity("a.yml", source, BEGIN).unwrap_or_else(|f| panic!("{f:?}")).of(&FACTS, &world())
}

fn refused(source: &str) -> Vec<(u32, String)> {
    let found = scripts(&[]).severity("a.yml", source, BEGIN).map(|_| ()).unwrap_err();
    found.into_iter().map(|d| (d.span.column, d.message)).collect()
}

#[test]
fn figures_and_fields_decide() {
    assert_eq!(of("if count >= 20 { \"critical\" } else { \"high\" }"), Ok(Severity::High));
    assert_eq!(of("if count >= 10 { \"critical\" } else { \"high\" }"), Ok(Severity::Critical));
    assert_eq!(of("if value > 7 && firings == 3 { \"low\" } else { \"high\" }"), Ok(Severity::Low));
    assert_eq!(
        of("if minutes == 90 && last - first == 5400 { \"low\" } else { \"high\" }"),
        Ok(Severity::Low)
    );
    assert_eq!(of("if called_country == \"CU\" { \"critical\" } else { \"high\" }"), Ok(Severity::Critical));
    assert_eq!(of("switch count { 12 => \"medium\", _ => \"high\" }"), Ok(Severity::Medium));
    assert_eq!(of("if duration > 60 { return \"informational\"; } \"high\""), Ok(Severity::Informational));
    let script =
        scripts(&[]).severity("a.yml", "if called_country == \"CU\" { \"low\" } else { \"high\" }", BEGIN);
    assert_eq!(script.unwrap().columns(), [Field::Table(FieldId::called_country)]);
}

#[test]
fn a_wrong_name_is_found_where_it_stands() {
    assert_eq!(
        refused("if count > 3 { \"urgent\" } else { \"hihg\" }"),
        [(25, "'urgent' is no severity".to_owned()), (43, "'hihg' is no severity".to_owned())]
    );
    assert_eq!(refused("\"High\"")[0].1, "'High' is no severity");
    assert_eq!(refused("return \"x\"; \"high\"")[0].1, "'x' is no severity");
    assert_eq!(refused("count")[0].1, "'severity' gives number, not a severity's name");
    assert_eq!(
        refused("if count(\"1h\") > 3 { \"high\" } else { \"low\" }")[0].1,
        "'count' has no meaning here"
    );
    assert_eq!(
        refused("if cuont > 3 { \"high\" } else { \"low\" }")[0].1,
        "there is no field or variable 'cuont'"
    );
}

#[test]
fn what_is_only_known_while_running_is_an_error_then() {
    let error = of("let s = [\"lo\", \"w!\"]; s[0] + s[1]").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Type);
    assert!(error.message.contains("use informational, low, medium, high, critical"), "{error}");
    let error = of("if count > 100 { \"high\" }").unwrap_err();
    assert!(error.message.contains("the script gives nothing"), "{error}");
    assert_eq!(of("let s = \"lo\"; s + \"w\""), Ok(Severity::Low));
}
