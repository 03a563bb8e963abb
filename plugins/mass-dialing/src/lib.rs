//! Mass dialling: many outgoing calls by one user, floods of one line, scans of a block of numbers.
//!
//! Owns the windows and their counts, and when a closer look is taken: most calls cost a few additions. The closer
//! looks are `dial`, `flood` and `scan`; the order of events and the findings' life are the SDK's.

mod call;
mod chance;
mod dial;
mod flood;
mod habit;
mod report;
mod scan;

use call::{Call, outgoing};
use habit::{Habit, Usual};
use ringfence_sdk::{
    Case, Detector, Episode, Episodes, HOUR, MINUTE, Millis, Now, Report, Row, Stamped, Subject, Window,
    known,
};
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(MassDialing, "plugin.toml");

/// Most calls looked at in one window. Beyond it (a call every second for an hour) more calls change nothing, and
/// comparing numbers stays bounded.
const MOST_CALLS: usize = 4096;
/// Last digits in which numbers of ours that are watched together differ; as `drop_digits` in the manifest.
const BLOCK_DIGITS: u32 = 3;

/// Settings; `plugin.toml` says what they mean.
#[allow(missing_docs, reason = "plugin.toml documents each setting")]
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub medium_points: f64,
    pub high_points: f64,
    pub critical_points: f64,
    pub critical_calls: u32,
    pub machine_points: f64,
    pub pattern_calls: u32,
    pub pattern_minutes: i64,
    pub distinct_share: f64,
    pub short_seconds: u32,
    pub neighbour_step: u64,
    pub neighbour_points: f64,
    pub ordered_share: f64,
    pub block_span: u64,
    pub block_points: f64,
    pub usual_variation: f64,
    pub burst_minutes: i64,
    pub usual_calls: f64,
    pub usual_calls_hour: f64,
    pub usual_factor: f64,
    pub usual_days: u8,
    pub hour_distinct: u32,
    pub flood_calls: u32,
    pub flood_marked_calls: u32,
    pub flood_factor: f64,
    pub flood_high: f64,
    pub flood_empty: f64,
    pub flood_even: f64,
    pub flood_one_caller: f64,
    pub scan_numbers: usize,
    pub scan_minutes: i64,
    pub scan_seconds: u32,
    pub scan_step: u16,
    pub quiet_minutes: i64,
}

/// Outgoing calls of a window.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Count {
    calls: u32,
    short: u32,
}

/// What is remembered of an owner of calls. A block of numbers needs none of it: its calls are looked at as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    burst: Window,
    hour: Window,
    burst_out: Count,
    hour_out: Count,
    hour_distinct: u32,
    burst_in: u32,
    habit: Habit,
}

/// What an episode's report tells: one of the three parts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    dial: Option<Dialled>,
    flood: Option<Flooded>,
    scan: Option<scan::Picture>,
}

/// Of outgoing calls.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Dialled {
    /// The most improbable calls so far.
    pattern: dial::Pattern,
    burst: Count,
    hour: Count,
    hour_distinct: u32,
    short: u64,
    seconds: u64,
    usual: Usual,
}

/// Of a flood.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Flooded {
    /// The busiest window so far.
    picture: flood::Picture,
    threshold: u32,
    seconds: u64,
    usual: Usual,
}

/// The detector.
#[derive(Debug)]
pub struct MassDialing {
    config: Config,
    dial: Case,
    flood: Case,
    scan: Case,
}

impl Detector for MassDialing {
    type Config = Config;
    type Event = Call;
    type State = State;
    type Facts = Facts;
    type Habits = ();

    const STATE_SCHEMA: u8 = 2;

    fn new(config: Config) -> Result<Self, String> {
        if !(config.medium_points <= config.high_points && config.high_points <= config.critical_points) {
            return Err("medium_points, high_points and critical_points must ascend".to_owned());
        }
        let gap = config.quiet_minutes * MINUTE;
        let case = |kind| Case::new(kind, gap);
        Ok(MassDialing {
            dial: case("mass-dialing"),
            flood: case("inbound-flood"),
            scan: case("war-dialling"),
            config,
        })
    }

    fn look_back(&self) -> Millis {
        HOUR
    }

    #[inline]
    fn select(&self, row: &Row<'_>) -> Option<(Subject, Call)> {
        if !row.user().is_present() {
            return None;
        }
        let call = match row.direction() {
            known::ORIGINATING => call::dialled(row, self.config.short_seconds)?,
            known::TERMINATING => call::received(row, self.config.short_seconds)?,
            _ => return None,
        };
        Some((Subject::User(row.user()), call))
    }

    #[inline]
    fn select_also(&self, row: &Row<'_>) -> Option<(Subject, Call)> {
        let probe = row.direction() == known::TERMINATING
            && row.duration() < self.config.scan_seconds
            && row.called_ours();
        let block = if probe { row.called_number().range(BLOCK_DIGITS)? } else { return None };
        Some((Subject::Number(block), call::received(row, self.config.short_seconds)?))
    }

    #[inline]
    fn step(&self, state: &mut State, now: &Now<'_, Call>, episodes: &mut Episodes<Facts>) {
        if let Subject::Number(_) = now.subject {
            self.scanned(now, episodes);
        } else {
            self.slide(state, now, episodes);
        }
    }

    fn describe(&self, subject: Subject, episode: &Episode<Facts>) -> Report {
        report::describe(&self.config, subject, episode)
    }
}

impl MassDialing {
    /// Moves the windows of an owner on, and looks closer if they are full.
    #[inline]
    fn slide(&self, state: &mut State, now: &Now<'_, Call>, episodes: &mut Episodes<Facts>) {
        let config = &self.config;
        let mut gone = Count::default();
        let mut gone_distinct = 0;
        let hour = state.hour.slide(now, HOUR, MOST_CALLS, |call, rest| {
            if call.event.incoming() {
                return;
            }
            gone.calls += 1;
            gone.short += u32::from(call.event.short());
            // The current call is not yet counted: it must not keep a number alive.
            let rest = &rest[..rest.len() - 1];
            gone_distinct += u32::from(!rest.iter().any(|c| same(c, call)));
        });
        state.hour_out.less(gone);
        state.hour_distinct -= gone_distinct;

        let (mut gone, mut gone_in) = (Count::default(), 0);
        let length = config.burst_minutes * MINUTE;
        let burst = state.burst.slide(now, length, MOST_CALLS, |call, _| {
            if call.event.incoming() {
                gone_in += 1;
            } else {
                gone.calls += 1;
                gone.short += u32::from(call.event.short());
            }
        });
        state.burst_out.less(gone);
        state.burst_in -= gone_in;

        if now.event.incoming() {
            state.burst_in += 1;
            state.habit.note_in(now.start, state.burst_in);
            if state.burst_in >= config.flood_marked_calls.min(config.flood_calls) {
                self.flooded(state, burst, episodes);
            }
            return;
        }
        let short = now.event.short();
        state.hour_out.more(short);
        state.burst_out.more(short);
        state.hour_distinct += u32::from(!hour[..hour.len() - 1].iter().any(|c| same(c, now)));
        state.habit.note_out(now.start, now.event.number, short, state.burst_out.calls, state.hour_out.calls);
        if state.burst_out.calls >= config.pattern_calls || state.hour_distinct >= config.hour_distinct {
            self.dialled(state, now, &hour, episodes);
        }
    }

    #[cold]
    fn dialled(
        &self,
        state: &mut State,
        now: &Now<'_, Call>,
        hour: &[Stamped<Call>],
        episodes: &mut Episodes<Facts>,
    ) {
        let open = episodes.peek(self.dial, now.start).and_then(|e| e.facts.dial.as_ref());
        let only_near = open.is_some_and(|facts| facts.pattern.neighbours > 0);
        let Some(verdict) = dial::judge(&self.config, state, hour, only_near) else { return };
        let belongs = |call: &Stamped<Call>| verdict.belongs.holds(call);
        let span = now.within(verdict.pattern.reach(now));
        let (episode, added) = episodes.extend_where(self.dial, span, belongs);
        episode.rise(verdict.severity);
        let facts = episode.facts.dial.get_or_insert_default();
        for call in added.iter().filter(|c| belongs(c)) {
            facts.seconds += u64::from(call.event.seconds);
            facts.short += u64::from(call.event.short());
        }
        if state.burst_out.calls > facts.burst.calls {
            facts.burst = state.burst_out;
        }
        if state.hour_distinct > facts.hour_distinct || state.hour_out.calls > facts.hour.calls {
            facts.hour_distinct = facts.hour_distinct.max(state.hour_distinct);
            facts.hour = state.hour_out;
        }
        if verdict.pattern.points > facts.pattern.points {
            facts.pattern = verdict.pattern;
        }
        facts.usual = state.habit.usual();
    }

    #[cold]
    fn flooded(
        &self,
        state: &mut State,
        burst: ringfence_sdk::Span<'_, Call>,
        episodes: &mut Episodes<Facts>,
    ) {
        let usual = state.habit.usual();
        let (marked, threshold) = flood::threshold(&self.config, usual);
        if state.burst_in < marked {
            return;
        }
        let judged = flood::judge(&self.config, state.burst_in, threshold, &burst);
        let Some((severity, picture)) = judged else { return };
        let belongs = |call: &Stamped<Call>| !outgoing(call);
        let (episode, added) = episodes.extend_where(self.flood, burst, belongs);
        let higher = severity > episode.severity();
        episode.rise(severity);
        let facts = episode.facts.flood.get_or_insert_default();
        facts.seconds += added.iter().filter(|c| belongs(c)).map(|c| u64::from(c.event.seconds)).sum::<u64>();
        if higher || picture.calls > facts.picture.calls {
            (facts.picture, facts.threshold, facts.usual) = (picture, threshold, usual);
        }
    }

    fn scanned(&self, now: &Now<'_, Call>, episodes: &mut Episodes<Facts>) {
        let window = now.within(self.config.scan_minutes * MINUTE);
        if window.len() < self.config.scan_numbers {
            return;
        }
        let Some((severity, picture, belongs)) = scan::judge(&self.config, &window) else { return };
        let (episode, _) = episodes.extend_where(self.scan, window, |call| belongs.holds(call));
        episode.rise(severity);
        let facts = episode.facts.scan.get_or_insert_default();
        if picture.distinct > facts.distinct {
            *facts = picture;
        }
    }
}

impl Count {
    #[inline]
    fn more(&mut self, short: bool) {
        self.calls += 1;
        self.short += u32::from(short);
    }

    #[inline]
    fn less(&mut self, gone: Count) {
        self.calls -= gone.calls;
        self.short -= gone.short;
    }
}

/// Whether both go out to one number.
#[inline]
fn same(a: &Stamped<Call>, b: &Stamped<Call>) -> bool {
    a.event.number == b.event.number && !a.event.incoming()
}

#[cfg(test)]
mod tests;
