//! Telephone numbers of the world as far as the demo needs them, each valid by libphonenumber (tested).
//!
//! Owns number shapes: `N` is a digit from 2 to 9, `X` any digit. Does not own who calls them.

use super::random::Dice;
use super::sites::SITES;

/// Numbers of one country or world-wide range.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) country: &'static str,
    /// Calling code.
    pub(super) code: &'static str,
    pub(super) fixed: &'static [&'static str],
    pub(super) mobile: &'static [&'static str],
    pub(super) toll_free: &'static [&'static str],
    pub(super) premium: &'static [&'static str],
}

const fn plan(
    country: &'static str,
    code: &'static str,
    fixed: &'static [&'static str],
    mobile: &'static [&'static str],
) -> Plan {
    Plan { country, code, fixed, mobile, toll_free: &[], premium: &[] }
}

/// The countries that ordinary people of the organisation call.
#[rustfmt::skip]
pub(super) const PLANS: &[Plan] = &[
    Plan { country: "CO", code: "57", fixed: &["60134NXXXX", "60162NXXXX", "60444NXXXX", "60248NXXXX"], mobile: &["310XXXXXXX", "315XXXXXXX", "320XXXXXXX", "301XXXXXXX"], toll_free: &["1800NXXXXXX"], premium: &["1901NXXXXXX"] },
    Plan { country: "MX", code: "52", fixed: &["5552NXXXXX", "5556NXXXXX", "3336NXXXXX", "8183NXXXXX"], mobile: &["5539NXXXXX", "5548NXXXXX"], toll_free: &["800NXXXXXX"], premium: &["900NXXXXXX"] },
    Plan { country: "ES", code: "34", fixed: &["913NXXXXX", "914NXXXXX", "932NXXXXX", "963NXXXXX"], mobile: &["61XXXXXXX", "65XXXXXXX", "67XXXXXXX"], toll_free: &["900NXXXXX"], premium: &["806NXXXXX", "803NXXXXX"] },
    Plan { country: "US", code: "1", fixed: &["212N3XXXXX", "718N4XXXXX", "617N5XXXXX", "312N6XXXXX"], mobile: &["917N2XXXXX", "415N3XXXXX"], toll_free: &["888N2XXXXX", "800N3XXXXX"], premium: &["900N4XXXXX"] },
    plan("CA", "1", &["416N4XXXXX", "514N3XXXXX"], &["647N4XXXXX"]),
    plan("GB", "44", &["2079XXXXXX", "1612XXXXXX"], &["7911123XXX"]),
    plan("FR", "33", &["14NXXXXXX"], &["61NXXXXXX"]),
    plan("PT", "351", &["21NXXXXXX"], &["91NXXXXXX"]),
    plan("DE", "49", &["30NXXXXXXX"], &["1512NXXXXXX"]),
    plan("IT", "39", &["06NXXXXXXX"], &["347NXXXXXX"]),
    plan("EC", "593", &["22NXXXXX"], &["99NXXXXXX"]),
    plan("PE", "51", &["14NXXXXX"], &["98NXXXXXX"]),
    plan("CL", "56", &["22NXXXXXX"], &["97NXXXXXX"]),
    plan("GT", "502", &["22NXXXXX"], &["55NXXXXX"]),
    plan("BR", "55", &["113NXXXXXX"], &["119NXXXXXXX"]),
    plan("AE", "971", &["42NXXXXX"], &["50NXXXXXX"]),
    plan("JP", "81", &["33NXXXXXX"], &["90NXXXXXXX"]),
    plan("ZA", "27", &["11NXXXXXX"], &["82NXXXXXX"]),
];

/// Ranges that fraud likes: reference/telephony-fraud.md, section 4. One line is one range. The list is long and has
/// countries that everybody calls in it, because the lists of those who sell such numbers are: no country is low-risk.
#[rustfmt::skip]
pub(super) const FRAUD_RANGES: &[(&str, &str)] = &[
    ("LV", "3712810XXXX"), ("SO", "252615XXXXXX"), ("GM", "220720XXXX"), ("SL", "23276NXXXXX"), ("CU", "5352NXXXXX"),
    ("LT", "3706128XXXX"), ("AL", "35569NXXXXXX"), ("MV", "960778XXXX"), ("TN", "21622NXXXXX"), ("EE", "3725512XXXX"),
    ("LR", "23177NXXXXXX"), ("GN", "22462NXXXXXX"), ("BA", "38761NXXXXX"), ("RS", "38163NXXXXX"), ("MD", "37369NXXXXX"),
    ("BY", "37529NXXXXXX"), ("AZ", "99450NXXXXXX"), ("LK", "9471NXXXXXX"), ("MA", "212661XXXXXX"), ("CD", "24381NXXXXXX"),
    ("MG", "26132NXXXXXX"), ("TD", "23566NXXXXX"), ("BF", "22670NXXXXX"), ("PG", "67572NXXXXX"), ("VU", "67877NXXXX"),
    ("GY", "5926NXXXXX"), ("HT", "50934NXXXXX"), ("NG", "234803NXXXXXX"), ("NL", "3162NXXXXXX"), ("CH", "4179NXXXXXX"),
    ("BE", "3247NXXXXXX"), ("GB", "4470NXXXXXXX"),
];

/// Numbers that cost much: premium, international premium, international networks, satellites.
pub(super) const PREMIUM_RANGES: &[(&str, &str)] = &[
    ("LV", "371900NXXXX"),
    ("001", "9791NXXXXXXX"),
    ("001", "8835100NXXXXXXX"),
    ("EE", "3729000NXX"),
    ("001", "8816NXXXXXXX"),
];

/// North American numbers that are not domestic though they look so.
pub(super) const CARIBBEAN: &[(&str, &str)] =
    &[("DO", "1809NXXXXXX"), ("JM", "1876381XXXX"), ("GD", "1473404XXXX")];

/// The plan of a country in [`PLANS`].
pub(super) fn of(country: &str) -> &'static Plan {
    PLANS.iter().find(|p| p.country == country).unwrap_or(&PLANS[0])
}

/// What Webex would call a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    National,
    /// Told apart from national in Colombia and Spain only.
    Mobile,
    TollFree,
    Premium,
    Abroad,
}

/// Kind and country of a number seen from a country. Webex rates all of North America alike, so that a Jamaican
/// number looks national from New York: the trap is wanted.
pub(super) fn classify(number: u64, home: &str) -> (Kind, Option<&'static str>) {
    let mut buffer = Vec::with_capacity(16);
    super::spelling::push_number(&mut buffer, number);
    let country = country_of(&buffer);
    let plan = of(home);
    let Some(national) = buffer.strip_prefix(plan.code.as_bytes()) else { return (Kind::Abroad, country) };
    if fits(plan.premium, national) {
        return (Kind::Premium, country);
    }
    if fits(plan.toll_free, national) {
        return (Kind::TollFree, country);
    }
    let told_apart = matches!(home, "CO" | "ES");
    (if told_apart && fits(plan.mobile, national) { Kind::Mobile } else { Kind::National }, country)
}

/// Country of a number, as far as the demo has numbers there.
fn country_of(digits: &[u8]) -> Option<&'static str> {
    if digits.first() == Some(&b'1') {
        if ["1416", "1514", "1647"].iter().any(|p| digits.starts_with(p.as_bytes())) {
            return Some("CA");
        }
        let caribbean = CARIBBEAN.iter().find(|(_, shape)| digits.starts_with(&shape.as_bytes()[..4]));
        return Some(caribbean.map_or("US", |(country, _)| country));
    }
    let known = PLANS.iter().find(|p| digits.starts_with(p.code.as_bytes())).map(|p| p.country);
    known.or_else(|| {
        // Two digits tell these apart from each other and from the plans above, but for the Baltic states.
        let ranges = FRAUD_RANGES.iter().chain(PREMIUM_RANGES);
        ranges
            .max_by_key(|(_, shape)| shape.bytes().zip(digits).take_while(|(a, b)| a == *b).count().min(3))
            .map(|r| r.0)
    })
}

/// Whether one of the shapes fits the national number.
fn fits(shapes: &[&str], national: &[u8]) -> bool {
    shapes.iter().any(|shape| {
        shape.len() == national.len()
            && shape.bytes().zip(national).all(|(symbol, digit)| match symbol {
                b'X' => true,
                b'N' => *digit >= b'2',
                _ => symbol == *digit,
            })
    })
}

/// A number of the shape.
pub(super) fn number(dice: &mut Dice, shape: &str) -> u64 {
    shape.bytes().fold(0, |number, symbol| {
        let digit = match symbol {
            b'N' => 2 + dice.below(8),
            b'X' => dice.below(10),
            digit => u64::from(digit - b'0'),
        };
        number * 10 + digit
    })
}

impl Plan {
    fn draw(&self, dice: &mut Dice, shapes: &[&str]) -> u64 {
        loop {
            let shape = format!("{}{}", self.code, dice.pick(shapes));
            let number = number(dice, &shape);
            if !SITES.iter().any(|site| site.owns(number)) {
                return number;
            }
        }
    }

    pub(super) fn fixed(&self, dice: &mut Dice) -> u64 {
        self.draw(dice, self.fixed)
    }

    pub(super) fn mobile(&self, dice: &mut Dice) -> u64 {
        self.draw(dice, self.mobile)
    }

    /// Toll-free if the country has any here, else fixed.
    pub(super) fn toll_free(&self, dice: &mut Dice) -> u64 {
        self.draw(dice, if self.toll_free.is_empty() { self.fixed } else { self.toll_free })
    }

    /// Premium if the country has any here, else fixed.
    pub(super) fn premium(&self, dice: &mut Dice) -> u64 {
        self.draw(dice, if self.premium.is_empty() { self.fixed } else { self.premium })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_give_numbers_of_their_country() {
        let mut dice = Dice::new(1, 1);
        for plan in PLANS {
            let number = plan.mobile(&mut dice);
            assert_eq!(country_of(number.to_string().as_bytes()), Some(plan.country), "{number}");
        }
        for (country, shape) in FRAUD_RANGES.iter().chain(PREMIUM_RANGES).chain(CARIBBEAN) {
            let number = number(&mut dice, shape);
            assert_eq!(country_of(number.to_string().as_bytes()), Some(*country), "{number}");
        }
    }

    #[test]
    fn all_numbers_of_all_shapes_are_valid() {
        let mut dice = Dice::new(1, 3);
        let with_code =
            |p: &Plan, shapes: &[&str]| shapes.iter().map(|s| format!("{}{s}", p.code)).collect::<Vec<_>>();
        let plans = PLANS.iter().flat_map(|p| {
            [p.fixed, p.mobile, p.toll_free, p.premium]
                .into_iter()
                .flat_map(move |shapes| with_code(p, shapes))
        });
        let ranges = FRAUD_RANGES.iter().chain(PREMIUM_RANGES).chain(CARIBBEAN).map(|(_, s)| (*s).to_owned());
        let mut wrong = std::collections::BTreeMap::new();
        for shape in plans.chain(ranges) {
            for _ in 0..300 {
                let number = format!("+{}", number(&mut dice, &shape));
                if !phonenumber::parse(None, &number).is_ok_and(|n| phonenumber::is_valid(&n)) {
                    wrong.insert(shape.clone(), number);
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn kinds_are_what_webex_would_say() {
        let mut dice = Dice::new(1, 2);
        let spain = of("ES");
        assert_eq!(classify(spain.mobile(&mut dice), "ES").0, Kind::Mobile);
        assert_eq!(classify(spain.premium(&mut dice), "ES").0, Kind::Premium);
        assert_eq!(classify(spain.fixed(&mut dice), "CO"), (Kind::Abroad, Some("ES")));
        assert_eq!(classify(of("US").toll_free(&mut dice), "US").0, Kind::TollFree);
        assert_eq!(classify(18_092_345_678, "US"), (Kind::National, Some("DO")));
        assert_eq!(classify(18_092_345_678, "MX"), (Kind::Abroad, Some("DO")));
    }
}
