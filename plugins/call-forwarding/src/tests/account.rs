//! What happened to the account before: sign-ins, credentials, feature codes.

use super::*;

fn failed(id: u64, at: i64) -> Record {
    event(id, at, "sign-in")
        .set("actor", "ana@example.org")
        .set("description", "User Login Attempted. Login status: FAILURE")
}

fn audit(id: u64, at: i64, description: &str) -> Record {
    event(id, at, "admin-change").set("actor", "admin@example.org").set("description", description)
}

fn code(id: u64, at: i64, digits: &str) -> Record {
    event(id, at, "call")
        .set("direction", "ORIGINATING")
        .set("called_number", digits)
        .set("called_class", "short-code")
        .set("actor", "")
}

#[test]
fn failed_sign_ins_before_a_change_raise_it_and_are_told() {
    let with = |count: u64, before: i64| {
        let mut records: Vec<Record> =
            (0..count).map(|i| failed(400 + i, later() - before + i as i64 * MINUTE)).collect();
        records.push(change(500, later(), MOBILE, "mobile"));
        after_ten_days(records)
    };
    assert_eq!(only(&with(2, HOUR)).severity, Severity::Low, "mistyped");
    assert_eq!(only(&with(5, 30 * HOUR)).severity, Severity::Low, "long ago");
    let findings = with(5, 2 * HOUR);
    assert_eq!(only(&findings).severity, Severity::Medium);
    assert!(says(only(&findings), "5 sign-ins of the user failed before it: from 2 h to 1 h 56 min before"));
}

#[test]
fn successful_sign_ins_and_sign_outs_are_no_failures() {
    let sign_ins = (0..6).map(|i| {
        let record = failed(400 + i, later() - HOUR);
        match i % 3 {
            0 => record.set("success", true),
            1 => record.set("description", "Login status: SUCCESS"),
            _ => record.set("category", "LOGOUT"),
        }
    });
    let findings = after_ten_days(sign_ins.chain([change(500, later(), MOBILE, "mobile")]));
    assert_eq!(only(&findings).severity, Severity::Low);
}

#[test]
fn changed_credentials_before_a_change_raise_it_and_are_told() {
    let with = |description: &str| {
        let records = [audit(400, later() - 2 * HOUR, description), change(500, later(), MOBILE, "mobile")];
        after_ten_days(records)
    };
    let findings = with("Voicemail PIN was reset");
    assert_eq!(only(&findings).severity, Severity::Medium);
    assert!(
        says(only(&findings), "2 h before, an audit event spoke of 'pin' by admin@example.org"),
        "{findings:#?}"
    );
    for words in ["User's password was changed", "Device was added", "Activation code generated"] {
        assert_eq!(only(&with(words)).severity, Severity::Medium, "{words}");
    }
    assert_eq!(only(&with("User's department was changed")).severity, Severity::Low);
}

#[test]
fn trouble_and_forwarded_calls_alone_are_told() {
    let mut records: Vec<Record> = (0..6).map(|i| failed(400 + i, later() - HOUR)).collect();
    records.push(audit(410, later() - 50 * MINUTE, "Password reset"));
    records.push(leg(500, later(), MOBILE, "mobile"));
    assert_eq!(only(&after_ten_days(records.clone())).severity, Severity::Medium);
    records.pop();
    records.push(leg(500, later(), LATVIA, "international"));
    assert_eq!(only(&after_ten_days(records)).severity, Severity::Critical);
}

#[test]
fn a_feature_code_with_a_number_is_a_change() {
    let dialled = |digits: &str, class: &str| {
        code(500, later(), digits)
            .set("forward_to", if class == "international" { LATVIA } else { MOBILE })
            .set("forward_class", class)
            .set("forward_country", country(class))
    };
    let findings = after_ten_days([dialled("*72600000001", "mobile")]);
    assert_eq!(only(&findings).severity, Severity::Low);
    assert!(says(only(&findings), "by dialling *72600000001"), "{findings:#?}");
    // Too long for a column: the host read the number.
    let long = dialled("", "international").set("called_number", 0x3000_0000_0000_0001_i64);
    let findings = after_ten_days([long]);
    assert_eq!(
        (only(&findings).severity, only(&findings).kind.as_str()),
        (Severity::High, "forwarding-change")
    );
    assert!(says(only(&findings), "by dialling a feature code"), "{findings:#?}");
}

#[test]
fn a_bare_feature_code_makes_the_calls_after_it_worse() {
    assert!(after_ten_days([code(500, later(), "*72")]).is_empty());
    assert_eq!(worst(&after_ten_days([code(500, later() + 12 * HOUR, "*72")])), Some(Severity::Low));
    let mut records = vec![code(500, later(), "*72")];
    records.push(leg(600, later() + 12 * MINUTE, LATVIA, "international"));
    let findings = after_ten_days(records.clone());
    assert_eq!(only(&findings).severity, Severity::High);
    assert!(
        says(
            only(&findings),
            "forwarding was switched on by dialling *72, 12 min before the first of these calls"
        ),
        "{findings:#?}"
    );
    // Switched off before the call; a code that only asks; another code.
    for other in ["*73", "*21*", "*99"] {
        records[0] = code(500, later(), other);
        assert_eq!(only(&after_ten_days(records.clone())).severity, Severity::Medium, "{other}");
    }
    let mut off = vec![code(500, later(), "*72"), code(501, later() + MINUTE, "*73")];
    off.push(records[1].clone());
    assert_eq!(only(&after_ten_days(off)).severity, Severity::Medium);
    let digits = code(500, later(), "*72").set("called_number", "").set("dialed_digits", "*72");
    assert_eq!(only(&after_ten_days([digits, records[1].clone()])).severity, Severity::High);
}

#[test]
fn an_audit_event_of_forwarding_says_who() {
    let records = [
        audit(500, later(), "Call forwarding settings were updated for the user"),
        leg(600, later() + 5 * MINUTE, LATVIA, "international"),
    ];
    let findings = after_ten_days(records);
    assert!(findings.values().all(|f| f.severity == Severity::Critical), "{findings:#?}");
    assert!(says(only(&findings), "it was made by admin@example.org, not by the owner"), "{findings:#?}");
}
