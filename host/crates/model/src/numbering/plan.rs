//! The numbering plans: per calling code, which region and kind a number is.
//!
//! Owns the split of an E.164 number into calling code and national number, and libphonenumber's rules for which
//! of the regions that share a code a number belongs to.

use std::sync::{LazyLock, OnceLock};

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor};

use super::automaton::Automaton;
use super::{Kind, country_name};
use crate::Name;

/// What the plan says of an E.164 number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Calling code.
    pub code: u16,
    /// Region of the range; the code's main region when the range is unknown.
    pub country: Name,
    /// Kind of range.
    pub kind: Kind,
    /// Whether the code has numbers of this length at all.
    pub possible: bool,
}

impl Found {
    /// Whether the number is in a known range.
    pub(super) fn is_valid(self) -> bool {
        self.kind != Kind::Unknown && self.possible
    }
}

struct Plan {
    automaton: Automaton,
    regions: Vec<Name>,
    /// Bit n is set when national numbers of n digits exist.
    lengths: u32,
}

/// Kinds in the order in which libphonenumber tries them; the position is the low nibble of an answer.
const KINDS: [Kind; 10] = [
    Kind::Premium,
    Kind::TollFree,
    Kind::SharedCost,
    Kind::Voip,
    Kind::Personal,
    Kind::Pager,
    Kind::Company,
    Kind::Voicemail,
    Kind::Fixed,
    Kind::Mobile,
];
/// Low nibble of an answer that names a region but no kind.
const NO_KIND: u16 = 15;

/// One slot per calling code below 1000; `None` where there is no such code.
static PLANS: LazyLock<Vec<Option<OnceLock<Option<Plan>>>>> =
    LazyLock::new(|| (0..1000u16).map(|code| DATABASE.region(&code).map(|_| OnceLock::new())).collect());

fn plan(code: u16) -> Option<&'static Plan> {
    PLANS.get(usize::from(code))?.as_ref()?.get_or_init(|| Plan::build(code)).as_ref()
}

/// Looks an E.164 number up; `None` when its calling code does not exist.
pub(super) fn look_up(e164: u64) -> Option<Found> {
    let mut buffer = [0u8; 20];
    let mut start = buffer.len();
    let mut rest = e164;
    while rest > 0 {
        start -= 1;
        buffer[start] = (rest % 10) as u8;
        rest /= 10;
    }
    look_up_digits(&buffer[start..])
}

/// The same for digits 0 to 9.
pub(super) fn look_up_digits(digits: &[u8]) -> Option<Found> {
    let mut code = 0u16;
    // Calling codes are prefix-free: the first that exists is the one.
    for (i, digit) in digits.iter().take(3).enumerate() {
        code = code * 10 + u16::from(*digit);
        if code == 0 {
            return None;
        }
        if PLANS.get(usize::from(code)).is_some_and(Option::is_some) {
            return Some(plan(code)?.find(code, &digits[i + 1..]));
        }
    }
    None
}

impl Plan {
    fn build(code: u16) -> Option<Plan> {
        let regions = DATABASE.by_code(&code)?;
        let mut patterns = Vec::new();
        // What each pattern is: region, and KINDS position, GENERAL or LEADING.
        let mut meaning: Vec<(usize, usize)> = Vec::new();
        let mut lengths = 0u32;
        for (r, region) in regions.iter().enumerate() {
            let mut add = |what: usize, text: String| {
                patterns.push(text);
                meaning.push((r, what));
            };
            add(GENERAL, pattern(region.descriptors().general()));
            if let Some(leading) = region.leading_digits() {
                add(LEADING, format!("(?:{})[0-9]*", leading.as_str()));
            }
            for (k, kind) in KINDS.into_iter().enumerate() {
                if let Some(descriptor) = descriptor(region, kind) {
                    add(k, pattern(descriptor));
                    lengths |= descriptor.possible_length().iter().fold(0, |m, l| m | 1 << (*l).min(31));
                }
            }
        }
        let leading: Vec<bool> = regions.iter().map(|r| r.leading_digits().is_some()).collect();
        let automaton = Automaton::build(&patterns, |matched| {
            let mut masks = vec![0u32; leading.len()];
            matched.iter().map(|m| meaning[*m]).for_each(|(r, what)| masks[r] |= 1 << what);
            judge(&leading, &masks)
        })?;
        Some(Plan { automaton, regions: regions.iter().map(|r| country_name(r.id())).collect(), lengths })
    }

    fn find(&self, code: u16, national: &[u8]) -> Found {
        let possible = national.len() < 32 && self.lengths & (1 << national.len()) != 0;
        let answer = if possible { self.automaton.run(national) } else { 0 };
        let region = usize::from((answer >> 4).saturating_sub(1));
        let kind = KINDS.get(usize::from(answer & 15)).copied().filter(|_| answer != 0);
        Found {
            code,
            country: self.regions.get(region).copied().unwrap_or(Name::ABSENT),
            kind: kind.unwrap_or(Kind::Unknown),
            possible,
        }
    }
}

const GENERAL: usize = KINDS.len();
const LEADING: usize = KINDS.len() + 1;

/// libphonenumber's choice among regions that share a code, main region first: one with leading digits owns the
/// numbers that start with them, any other the numbers valid in it. Answer: region + 1, then the kind.
fn judge(has_leading: &[bool], masks: &[u32]) -> u16 {
    for (r, mask) in masks.iter().enumerate() {
        let kind = (0..KINDS.len()).find(|k| mask & (1 << k) != 0 && mask & (1 << GENERAL) != 0);
        let owns = if has_leading[r] { mask & (1 << LEADING) != 0 } else { kind.is_some() };
        if owns {
            return ((r as u16 + 1) << 4) | kind.map_or(NO_KIND, |k| k as u16);
        }
    }
    0
}

fn pattern(descriptor: &Descriptor) -> String {
    descriptor.national_number().as_str().to_owned()
}

/// The metadata's descriptor of a kind.
pub(super) fn descriptor(region: &Metadata, kind: Kind) -> Option<&Descriptor> {
    let all = region.descriptors();
    match kind {
        Kind::Unknown => Some(all.general()),
        Kind::Fixed => all.fixed_line(),
        Kind::Mobile => all.mobile(),
        Kind::TollFree => all.toll_free(),
        Kind::Premium => all.premium_rate(),
        Kind::SharedCost => all.shared_cost(),
        Kind::Personal => all.personal_number(),
        Kind::Voip => all.voip(),
        Kind::Pager => all.pager(),
        Kind::Company => all.uan(),
        Kind::Voicemail => all.voicemail(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_compiles_to_a_small_table() {
        let mut largest = (0, 0);
        for code in 0..1000 {
            if PLANS[usize::from(code)].is_some() {
                let plan = plan(code).unwrap_or_else(|| panic!("plan of +{code}"));
                assert!(plan.regions.iter().all(|r| r.is_present()), "+{code}: a region without a name");
                assert!(plan.lengths != 0, "+{code} has no lengths");
                largest = largest.max((plan.automaton.states(), code));
            }
        }
        assert!(largest.0 < 20_000, "+{} has {} states", largest.1, largest.0);
    }
}
