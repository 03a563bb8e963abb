use model::SubjectKind;

use super::*;
use crate::eval::compare::compare;
use crate::eval::compare::tests::{attack, finding, labels};
use crate::eval::labels::time;

#[test]
fn the_printed_report_is_complete_and_harmless() {
    let labels = labels();
    let burst = attack(&labels, "toll-fraud-burst");
    let times = (time(&burst.first).unwrap(), time(&burst.last).unwrap());
    let stranger = (SubjectKind::User, "00000000-0000-4000-8000-000000000000");
    let findings = [
        finding("mass-dialing", Severity::Critical, (SubjectKind::User, burst.users[0].as_str()), times),
        finding("after-hours", Severity::Medium, stranger, times),
    ];
    let comparison = compare(&labels, &findings);
    let steps = [("ringfence findings list".to_owned(), "what was found")];
    for (colour, width) in [(false, 80), (false, 110), (true, 140)] {
        let mut out = Vec::new();
        print(&mut out, Style { colour, width }, &comparison, &steps).unwrap();
        let text = String::from_utf8(out).unwrap();
        for kind in
            ["toll-fraud-burst", "wangiri", "business-trip", "1 of 11 found", "False alarms: 1 finding"]
        {
            assert!(text.contains(kind), "{kind} is missing:\n{text}");
        }
        assert!(!text.contains('\u{202e}') && !text.contains("\u{1b}[2J"), "hostile text got through");
        assert_eq!(text.contains('\u{1b}'), colour);
        if !colour {
            let longest = text.lines().map(|l| l.chars().count()).max().unwrap();
            assert!(longest <= usize::from(width) + 40, "{longest} columns:\n{text}");
        }
    }
}
