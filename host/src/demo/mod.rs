//! A synthetic organisation with its call records, planted attacks and innocent look-alikes.
//!
//! Owns the making of the set ([`generate`]), its files ([`Demo::write`]) and what a newcomer is told of it ([`report`]).
//! Does not own ingest, detection or the comparison with what was planted (`eval`): the demo's records take the ordinary path. Everything
//! follows from [`Options`]: same options, same bytes.

mod attacks;
mod calendar;
mod change;
mod columns;
mod delivery;
mod everyday;
mod habits;
mod labels;
mod leg;
mod lookalikes;
mod names;
mod organisation;
mod plans;
mod random;
mod recorder;
mod render;
pub mod report;
mod row;
mod sites;
mod spelling;
mod traffic;
mod write;

use std::io::{self, Write};

use chrono::{Datelike, NaiveDate};

use crate::config::Config;
use calendar::Calendar;
use delivery::Item;
use organisation::Organisation;
use recorder::{Output, World};
use render::Chunks;
use row::Row;

pub use crate::eval::{Label, Labels, Set};
pub use write::{Parts, Written};

/// What a set is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seed of all chance.
    pub seed: u64,
    /// People in the organisation.
    pub users: u32,
    /// Length of the period.
    pub days: u32,
    /// First day. The default is the Monday four weeks before Madrid changes its clocks in 2026.
    pub start: NaiveDate,
}

impl Default for Options {
    fn default() -> Self {
        // 200 people and five weeks: a 30-day history for the detectors, and a database filled in seconds.
        let start = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap_or_default();
        Options { seed: 1, users: 200, days: 35, start }
    }
}

impl Options {
    /// Fewest people: below, there are not enough for the scenarios to have victims of their own.
    pub const MIN_USERS: u32 = 40;
    /// Most people: the largest site's number block holds 10,000.
    pub const MAX_USERS: u32 = 20_000;
    /// Fewest days: two weeks, or there is no history to compare with.
    pub const MIN_DAYS: u32 = 14;
    /// Most days.
    pub const MAX_DAYS: u32 = 400;
    /// Most people times days: 3 million are about 30 million records and 3 GB of memory.
    pub const MAX_USER_DAYS: u64 = 3_000_000;

    /// Whether a set can be made.
    ///
    /// # Errors
    /// What is out of range, and the range.
    pub fn check(&self) -> Result<(), String> {
        if !(Self::MIN_USERS..=Self::MAX_USERS).contains(&self.users) {
            return Err(format!("users must be {} to {}", Self::MIN_USERS, Self::MAX_USERS));
        }
        if !(Self::MIN_DAYS..=Self::MAX_DAYS).contains(&self.days) {
            return Err(format!("days must be {} to {}", Self::MIN_DAYS, Self::MAX_DAYS));
        }
        if u64::from(self.users) * u64::from(self.days) > Self::MAX_USER_DAYS {
            return Err(format!("users times days must be at most {}", Self::MAX_USER_DAYS));
        }
        if !(2000..2100).contains(&self.start.year()) {
            return Err("the first day must be in 2000 to 2099".to_owned());
        }
        Ok(())
    }
}

/// A set: who is there, everything that happens in the order in which it arrives, and what was planted.
#[derive(Debug)]
pub struct Demo {
    /// The options it was made with.
    pub options: Options,
    /// What was planted.
    pub labels: Labels,
    world: World,
    output: Output,
    order: Vec<Item>,
}

/// Makes a set.
///
/// # Errors
/// When the options are out of range.
pub fn generate(options: &Options) -> Result<Demo, String> {
    options.check()?;
    let world = World {
        organisation: Organisation::new(options.seed, options.users),
        calendar: Calendar::new(options.start, options.days),
    };
    let mut output = Output::default();
    for person in 0..options.users {
        traffic::person(&world, person, &mut output);
        everyday::person(&world, person, &mut output);
    }
    for site in 0..sites::SITES.len() {
        traffic::services(&world, site, &mut output);
    }
    let mut taken = Vec::new();
    let mut planted = attacks::plant(&world, &mut taken, &mut output);
    planted.extend(lookalikes::plant(&world, &mut taken, &mut output));
    let set = Set {
        seed: options.seed,
        users: options.users,
        days: options.days,
        start: options.start.to_string(),
        records: output.legs.len() as u64,
    };
    let labels = labels::label(&world, &output, &planted, set);
    let order = delivery::order(&output, options.seed);
    Ok(Demo { options: options.clone(), labels, world, output, order })
}

impl Demo {
    /// Distinct call records; a few arrive twice.
    pub fn records(&self) -> usize {
        self.output.legs.len()
    }

    /// Events that are not calls.
    pub fn events(&self) -> usize {
        self.output.changes.len()
    }

    /// Deliveries of records and events, repeated ones included.
    pub fn deliveries(&self) -> usize {
        self.order.len()
    }

    /// The configuration that fits the organisation: zones, business hours, holidays, numbers.
    pub fn config(&self) -> Config {
        write::config()
    }

    /// Writes everything in order of arrival, one JSON object a line: call records with all their keys, and between
    /// them the events. This is what the demo ingests.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write_ndjson(&self, out: impl Write) -> io::Result<()> {
        let mut chunks = Chunks::new(out);
        let mut row = Row::default();
        for item in &self.order {
            match item {
                Item::Record(index) => {
                    row.fill(&self.world, &self.output.legs[*index as usize]);
                    render::push_json(&mut chunks.buffer, &row);
                }
                Item::Event(index) => self.push_event(&mut chunks.buffer, *index)?,
            }
            chunks.buffer.push(b'\n');
            chunks.flush_if_full()?;
        }
        chunks.flush()
    }

    fn push_event(&self, out: &mut Vec<u8>, index: u32) -> io::Result<()> {
        let change = &self.output.changes[index as usize];
        serde_json::to_writer(out, &change.to_json(&self.world.organisation)).map_err(io::Error::other)
    }
}
