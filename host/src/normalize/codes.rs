//! Feature codes that set forwarding: the number dialled after one is where forwarding leads from then on.
//!
//! Owns the codes after which a number is read. Does not own which codes count as a change: that is a detector's setting.
//! Such a dial string is often longer than a packed number, so a detector could not read it for itself.

/// Codes of Webex Calling and of telephones (always, busy, no answer, not reachable), and those of mobile networks, which
/// end with a star.
const CODES: [&str; 14] = [
    "**004*", "*004*", "**21*", "**61*", "**62*", "**67*", "*21*", "*61*", "*62*", "*67*", "*72", "*90",
    "*92", "*94",
];
/// Fewest digits that are an extension.
const LEAST_DIGITS: usize = 2;

/// What was dialled after a code for forwarding.
pub(super) fn destination(dialled: &str) -> Option<&str> {
    let dialled = dialled.trim();
    if !dialled.starts_with(['*', '#']) {
        return None;
    }
    let rest = CODES.iter().find_map(|code| dialled.strip_prefix(code))?;
    let rest = rest.trim_start_matches(['*', ' ']).trim_end_matches('#');
    // `*61*600000001*11*20#`: the service and the seconds stand after the number.
    let number = rest.split('*').next().unwrap_or_default();
    (number.bytes().filter(u8::is_ascii_digit).count() >= LEAST_DIGITS).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_after_the_code() {
        for (dialled, number) in [
            ("*72600000001", Some("600000001")),
            ("*72*600000001#", Some("600000001")),
            ("*72+37120000001", Some("+37120000001")),
            ("*92 00371 2000 0001", Some("00371 2000 0001")),
            ("*21*600000001#", Some("600000001")),
            ("**61*600000001*11*20#", Some("600000001")),
            ("*902001", Some("2001")),
            ("*72", None),
            ("*21*", None),
            ("*73600000001", None),
            ("#21#", None),
            ("72600000001", None),
            ("+34600000001", None),
            ("", None),
        ] {
            assert_eq!(destination(dialled), number, "{dialled}");
        }
    }
}
