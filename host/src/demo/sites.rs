//! The four sites of the demo's organisation: where they are, when people work there, which numbers they own.
//!
//! Owns facts about places. Does not own people (`organisation`) or time arithmetic (`calendar`).

use chrono::NaiveDate;
use chrono_tz::Tz;

/// One location as Control Hub would show it.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) name: &'static str,
    pub(super) zone: Tz,
    pub(super) country: &'static str,
    pub(super) outside_access: Option<&'static str>,
    /// What is dialled for abroad, after the outside line.
    pub(super) abroad: &'static str,
    /// First number of the block of 10,000 that the site owns; it is also the main number.
    pub(super) block: u64,
    /// First digit of extensions.
    pub(super) extension_digit: u32,
    /// Share of the organisation's people in per cent.
    pub(super) share: u32,
    /// Trunk and route group where the site does not use the provider's own PSTN.
    pub(super) trunk: Option<(&'static str, &'static str)>,
    /// Weekdays (first, last), from, to: as configured.
    pub(super) business_hours: &'static [(u8, u8, &'static str, &'static str)],
    /// When people come and go: usual start and length of the day in minutes.
    pub(super) day: (u16, u16),
    /// Start and length of the lunch dip in minutes.
    pub(super) lunch: (u16, u16),
    /// Local holidays as (year, month, day).
    pub(super) holidays: &'static [(i32, u32, u32)],
    /// Emergency number.
    pub(super) emergency: &'static str,
    /// Countries its people call for business, most first.
    pub(super) partners: &'static [&'static str],
}

impl Site {
    /// Size of a site's number block.
    pub(super) const BLOCK: u64 = 10_000;

    /// Whether the number is in the site's block.
    pub(super) fn owns(&self, number: u64) -> bool {
        (self.block..self.block + Site::BLOCK).contains(&number)
    }

    /// Whether nobody works on that day.
    pub(super) fn is_holiday(&self, day: NaiveDate) -> bool {
        self.holidays.iter().any(|(y, m, d)| NaiveDate::from_ymd_opt(*y, *m, *d) == Some(day))
    }
}

/// Index of New York in [`SITES`]: the only one in the North American plan.
pub(super) const NEW_YORK: usize = 3;

/// The sites. Holidays of 2026 and 2027: national and, for Madrid, of the region and the city; a weekday only matters.
#[rustfmt::skip]
pub(super) const SITES: [Site; 4] = [
    Site {
        name: "Bogota", zone: chrono_tz::America::Bogota, country: "CO", outside_access: Some("9"), abroad: "00",
        block: 576_015_500_000, extension_digit: 1, share: 35, trunk: None,
        business_hours: &[(0, 4, "07:00", "19:00"), (5, 5, "08:00", "13:00")],
        day: (8 * 60, 570), lunch: (12 * 60 + 15, 90), emergency: "123",
        partners: &["US", "MX", "EC", "PE", "ES"],
        holidays: &[
            (2026, 1, 1), (2026, 1, 12), (2026, 3, 23), (2026, 4, 2), (2026, 4, 3), (2026, 5, 1), (2026, 5, 18),
            (2026, 6, 8), (2026, 6, 15), (2026, 6, 29), (2026, 7, 20), (2026, 8, 7), (2026, 8, 17), (2026, 10, 12),
            (2026, 11, 2), (2026, 11, 16), (2026, 12, 8), (2026, 12, 25),
            (2027, 1, 1), (2027, 1, 11), (2027, 3, 22), (2027, 3, 25), (2027, 3, 26), (2027, 5, 1), (2027, 5, 10),
            (2027, 5, 31), (2027, 6, 7), (2027, 7, 5), (2027, 7, 20), (2027, 8, 7), (2027, 8, 16), (2027, 10, 18),
            (2027, 11, 1), (2027, 11, 15), (2027, 12, 8), (2027, 12, 25),
        ],
    },
    Site {
        name: "Mexico City", zone: chrono_tz::America::Mexico_City, country: "MX", outside_access: None, abroad: "00",
        block: 525_551_280_000, extension_digit: 2, share: 25, trunk: Some(("MEX-LGW-1", "MEX-RG")),
        business_hours: &[(0, 4, "08:00", "20:00")],
        day: (9 * 60, 570), lunch: (14 * 60, 90), emergency: "911",
        partners: &["US", "CO", "ES", "GT", "CL"],
        holidays: &[
            (2026, 1, 1), (2026, 2, 2), (2026, 3, 16), (2026, 4, 2), (2026, 4, 3), (2026, 5, 1), (2026, 9, 16),
            (2026, 11, 16), (2026, 12, 25),
            (2027, 1, 1), (2027, 2, 1), (2027, 3, 15), (2027, 3, 25), (2027, 3, 26), (2027, 5, 1), (2027, 9, 16),
            (2027, 11, 15), (2027, 12, 25),
        ],
    },
    Site {
        name: "Madrid", zone: chrono_tz::Europe::Madrid, country: "ES", outside_access: Some("0"), abroad: "00",
        block: 34_915_550_000, extension_digit: 3, share: 25, trunk: None,
        business_hours: &[(0, 3, "08:00", "20:00"), (4, 4, "08:00", "18:00")],
        day: (9 * 60, 570), lunch: (14 * 60, 90), emergency: "112",
        partners: &["FR", "PT", "DE", "GB", "MX", "IT"],
        holidays: &[
            (2026, 1, 1), (2026, 1, 6), (2026, 4, 2), (2026, 4, 3), (2026, 5, 1), (2026, 5, 2), (2026, 5, 15),
            (2026, 8, 15), (2026, 10, 12), (2026, 11, 2), (2026, 11, 9), (2026, 12, 7), (2026, 12, 8), (2026, 12, 25),
            (2027, 1, 1), (2027, 1, 6), (2027, 3, 25), (2027, 3, 26), (2027, 5, 1), (2027, 5, 15), (2027, 10, 12),
            (2027, 11, 1), (2027, 11, 9), (2027, 12, 6), (2027, 12, 8), (2027, 12, 25),
        ],
    },
    Site {
        name: "New York", zone: chrono_tz::America::New_York, country: "US", outside_access: Some("9"), abroad: "011",
        block: 16_465_550_000, extension_digit: 4, share: 15, trunk: None,
        business_hours: &[(0, 4, "08:00", "19:00")],
        day: (9 * 60, 540), lunch: (12 * 60, 60), emergency: "911",
        partners: &["GB", "CA", "MX", "CO", "FR"],
        holidays: &[
            (2026, 1, 1), (2026, 1, 19), (2026, 2, 16), (2026, 5, 25), (2026, 6, 19), (2026, 7, 3), (2026, 9, 7),
            (2026, 10, 12), (2026, 11, 11), (2026, 11, 26), (2026, 12, 25),
            (2027, 1, 1), (2027, 1, 18), (2027, 2, 15), (2027, 5, 31), (2027, 6, 18), (2027, 7, 5), (2027, 9, 6),
            (2027, 10, 11), (2027, 11, 11), (2027, 11, 25), (2027, 12, 24),
        ],
    },
];

/// Prefixes the organisation owns, as the directory file writes them.
pub(super) fn own_prefixes() -> impl Iterator<Item = String> {
    SITES.iter().map(|site| format!("+{}*", site.block / Site::BLOCK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_holidays_exist() {
        assert_eq!(SITES.iter().map(|s| s.share).sum::<u32>(), 100);
        for site in &SITES {
            for (y, m, d) in site.holidays {
                assert!(NaiveDate::from_ymd_opt(*y, *m, *d).is_some(), "{} {y}-{m}-{d}", site.name);
            }
            assert!(site.holidays.is_sorted());
            assert_eq!(site.block % Site::BLOCK, 0);
        }
    }
}
