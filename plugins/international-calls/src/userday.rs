//! One user's international calls of one UTC day as the forest sees them.
//!
//! Owns the figures and their names. Does not own the forest ([`crate::forest`]) or which days it is grown over
//! ([`crate::habits`]).

use ringfence_sdk::{HOUR, MINUTE, Millis, SECOND};
use serde::{Deserialize, Serialize};

/// What is needed of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Short {
    /// When it began.
    pub start: Millis,
    /// Part of the record's identity: two calls may be alike.
    pub id: u32,
    /// Seconds talked.
    pub seconds: u32,
    /// The number, packed.
    pub number: u64,
    /// The country's handle.
    pub country: u32,
    /// At night or at the weekend, local time.
    pub odd: bool,
    /// To a premium or satellite number.
    pub premium: bool,
}

/// Names of the figures, in their order.
pub const FEATURES: [&str; 8] = [
    "number of calls",
    "minutes talked",
    "number of countries",
    "number of different numbers",
    "calls at night or at the weekend",
    "premium calls",
    "busiest hour",
    "calls at the same time",
];

/// Figures of a day.
pub type Figures = [f32; FEATURES.len()];

/// The figures of these calls, which are in the order of their starts.
pub fn figures(calls: &[Short]) -> Figures {
    let (mut countries, mut numbers): (Vec<u32>, Vec<u64>) = (Vec::new(), Vec::new());
    let (mut seconds, mut odd, mut premium) = (0_u64, 0_u32, 0_u32);
    let (mut busiest, mut overlap, mut from) = (0, 0, 0);
    for (at, call) in calls.iter().enumerate() {
        seconds += u64::from(call.seconds);
        odd += u32::from(call.odd);
        premium += u32::from(call.premium);
        if !countries.contains(&call.country) {
            countries.push(call.country);
        }
        if !numbers.contains(&call.number) {
            numbers.push(call.number);
        }
        while calls[from].start <= call.start - HOUR {
            from += 1;
        }
        busiest = busiest.max(at + 1 - from);
        let going = |c: &&Short| c.start + i64::from(c.seconds) * SECOND > call.start;
        overlap = overlap.max(1 + calls[..at].iter().filter(going).count());
    }
    let minutes = seconds as f64 / (MINUTE / SECOND) as f64;
    [
        calls.len() as f32,
        minutes as f32,
        countries.len() as f32,
        numbers.len() as f32,
        odd as f32,
        premium as f32,
        busiest as f32,
        overlap as f32,
    ]
}

/// Position of the busiest hour among the figures.
pub const BUSIEST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_figures() {
        let call = |minute: i64, seconds, number| Short {
            start: minute * MINUTE,
            id: 0,
            seconds,
            number,
            country: 1,
            odd: minute > 100,
            premium: false,
        };
        let day = [call(0, 600, 1), call(5, 60, 1), call(9, 60, 2), call(200, 0, 3)];
        assert_eq!(figures(&day), [4.0, 12.0, 1.0, 3.0, 1.0, 0.0, 3.0, 2.0]);
    }
}
