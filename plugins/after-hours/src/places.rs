//! Which destinations abroad, or premium ones, a user is used to.
//!
//! Owns a small memory of countries with a trace of the numbers called there. Does not own what teaches it.

use ringfence_sdk::{Name, Number};
use serde::{Deserialize, Serialize};

/// Countries remembered per user, the one longest unused goes first: few people call more, and each takes about twenty
/// bytes.
const PLACES: usize = 8;

/// How well a user knows a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// Never called on an earlier day.
    New,
    /// Called lately, but not long or often enough to be sure.
    Recent,
    /// The country is usual.
    Country,
    /// The number too, as far as its trace tells.
    Contact,
}

/// When a country is usual.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// On so many earlier days.
    pub days: u32,
    /// First called at least so many days ago.
    pub settle: i32,
    /// A country unused for so many days is new again.
    pub forget: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Place {
    name: Name,
    first: i32,
    last: i32,
    /// Days with a call, the last included.
    days: u32,
    /// One bit per number called there, in a place that follows from the number: a full trace knows every number,
    /// which is right for who calls dozens there.
    numbers: u32,
}

/// See the module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Places(Vec<Place>);

/// The number's bit.
fn bit(number: Number) -> u32 {
    1 << (mixed(number) >> 59)
}

/// A number's digits spread over 64 bits; independent of handles and machines.
pub fn mixed(number: Number) -> u64 {
    number.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl Places {
    /// How well the destination is known from earlier days.
    pub fn known(&self, name: Name, number: Number, today: i32, rule: Rule) -> Known {
        let Some(place) = self.0.iter().find(|p| p.name == name) else { return Known::New };
        let earlier = place.days - u32::from(place.last >= today);
        if earlier == 0 || today - place.last > rule.forget {
            Known::New
        } else if earlier < rule.days || today - place.first < rule.settle {
            Known::Recent
        } else if place.numbers & bit(number) == 0 {
            Known::Country
        } else {
            Known::Contact
        }
    }

    /// Notes a call.
    pub fn note(&mut self, name: Name, number: Number, today: i32, rule: Rule) {
        let place = match self.0.iter().position(|p| p.name == name) {
            Some(at) => &mut self.0[at],
            None => {
                if self.0.len() >= PLACES {
                    let oldest = (0..self.0.len()).min_by_key(|i| (self.0[*i].last, self.0[*i].first));
                    self.0.swap_remove(oldest.unwrap_or_default());
                }
                self.0.push(Place { name, first: today, last: today - 1, days: 0, numbers: 0 });
                let last = self.0.len() - 1;
                &mut self.0[last]
            }
        };
        if today - place.last > rule.forget {
            *place = Place { name, first: today, last: today - 1, days: 0, numbers: 0 };
        }
        if today > place.last {
            place.last = today;
            place.days = (place.days + 1).min(u32::from(u8::MAX));
        }
        place.numbers |= bit(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { days: 2, settle: 7, forget: 60 };

    fn number(digits: u64) -> Number {
        Number::from_e164(digits).unwrap()
    }

    #[test]
    fn a_country_becomes_usual_and_is_forgotten() {
        let (peru, ana) = (Name(5000), number(5_115_550_001));
        let mut places = Places::default();
        places.note(peru, ana, 100, RULE);
        assert_eq!(places.known(peru, ana, 100, RULE), Known::New, "the first day tells nothing");
        assert_eq!(places.known(peru, ana, 101, RULE), Known::Recent);
        places.note(peru, ana, 103, RULE);
        assert_eq!(places.known(peru, ana, 106, RULE), Known::Recent);
        assert_eq!(places.known(peru, ana, 107, RULE), Known::Contact);
        let strangers =
            (0..100).filter(|n| places.known(peru, number(5_117_770_000 + n), 107, RULE) == Known::Country);
        assert!(strangers.count() > 80);
        assert_eq!(places.known(peru, ana, 164, RULE), Known::New);
        assert_eq!(places.known(Name(5001), ana, 107, RULE), Known::New);
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut places = Places::default();
        for i in 0..100 {
            places.note(Name(5000 + i), number(1), 100 + i as i32, RULE);
        }
        assert_eq!(places.0.len(), PLACES);
        assert_eq!(places.known(Name(5099), number(1), 200, RULE), Known::Recent);
    }
}
