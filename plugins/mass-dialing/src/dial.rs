//! Outgoing calls: does a machine dial?
//!
//! Owns the judgement over the last calls of one user: how many for this user, how short, how even, how close
//! the numbers. Each adds points ([`crate::chance`]); calls of a run of neighbouring numbers are also judged by
//! themselves, so that a dialler behind an agent's own calls is seen. Does not own windows and counts.

use ringfence_sdk::{MINUTE, Millis, Number, Severity, Stamped};
use serde::{Deserialize, Serialize};

use crate::call::{Call, outgoing};
use crate::habit::{Habit, Usual};
use crate::{Config, State, chance};

/// Calls looked at one by one. More say no more.
const RECENT: usize = 32;
/// Events looked at to find them: incoming calls lie between.
const LOOK: usize = 256;
/// Numbers of calls judged together, the last ones first.
const GROUPS: [usize; 9] = [5, 6, 7, 8, 10, 12, 16, 24, 32];
/// Most points by one sign, so that none decides alone: medium needs 5.
const MOST_RATE: f64 = 4.0;
const MOST_EVEN: f64 = 8.0;
const MOST_SHORT: f64 = 4.0;
const MOST_ORDERED: f64 = 6.0;
const MOST_BLOCK: f64 = 2.0;
const MOST_NEW: f64 = 4.0;
const MOST_HOUR: f64 = 1.5;
const MOST_LOCAL: f64 = 1.0;
/// Share of calls that people end themselves, as most unanswered ones are given up.
const USUAL_LOCAL: f64 = 0.7;
/// Calls in the busiest hour of people who call little.
const FEW_CALLS: f64 = 8.0;
/// Least share of new numbers when people make many calls, whatever their own.
const LEAST_NEW: f64 = 0.2;
/// Calls together in less time have no gaps to speak of.
const LEAST_GAP: f64 = 200.0;

/// Calls that were judged together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// How improbable, in points.
    pub points: f64,
    /// Calls.
    pub calls: u32,
    /// Different numbers.
    pub distinct: u32,
    /// Different numbers of one block; 0 if that played no part.
    pub neighbours: u32,
    /// Steps from one to the next that were small and went the same way.
    pub ordered: u32,
    /// Short ones.
    pub short: u32,
    /// Ended from this side.
    pub local: u32,
    /// To numbers never called on an earlier day; nothing if unknown.
    pub new: Option<u32>,
    /// Mean gap.
    pub gap: Millis,
    /// Standard deviation of the gaps over their mean.
    pub variation: f64,
    /// Start of the earliest.
    pub since: Millis,
    /// Something in it is a machine's doing.
    pub machine: bool,
}

/// Which calls belong to what was found.
#[derive(Clone, Copy, Debug)]
pub struct Belongs {
    number: Option<(u64, u64)>,
}

impl Belongs {
    /// Whether this one does.
    pub fn holds(&self, call: &Stamped<Call>) -> bool {
        let near =
            |(from, to): (u64, u64)| call.event.number.e164().is_some_and(|n| (from..=to).contains(&n));
        outgoing(call) && self.number.is_none_or(near)
    }
}

/// What was found.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// How bad.
    pub severity: Severity,
    /// The clearest calls.
    pub pattern: Pattern,
    /// Calls of the episode.
    pub belongs: Belongs,
}

/// Running figures of calls, the newest first.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    calls: u32,
    distinct: u32,
    short: u32,
    local: u32,
    new: u32,
    squares: f64,
    first: Millis,
    last: Millis,
}

impl Tally {
    fn add(&mut self, call: &Stamped<Call>, again: bool, short: bool, known: Option<bool>) {
        if self.calls == 0 {
            self.last = call.start;
        } else {
            let gap = (self.first - call.start) as f64;
            self.squares += gap * gap;
        }
        self.first = call.start;
        self.calls += 1;
        self.distinct += u32::from(!again);
        self.short += u32::from(short);
        self.local += u32::from(call.event.local());
        self.new += u32::from(known == Some(false));
    }

    fn pattern(&self, new: bool) -> Pattern {
        let gaps = f64::from(self.calls.saturating_sub(1)).max(1.0);
        let mean = (self.last - self.first) as f64 / gaps;
        let spread = (self.squares / gaps - mean * mean).max(0.0).sqrt();
        Pattern {
            calls: self.calls,
            distinct: self.distinct,
            short: self.short,
            local: self.local,
            new: new.then_some(self.new),
            gap: mean as Millis,
            variation: if mean >= LEAST_GAP { spread / mean } else { f64::INFINITY },
            since: self.first,
            ..Pattern::default()
        }
    }
}

/// Looks at the last calls. Costs as much as some dozen calls, so it is for busy moments only. `only_near` is for an
/// episode of neighbouring numbers: the user's own calls between them are no part of it.
pub fn judge(
    config: &Config,
    state: &mut State,
    events: &[Stamped<Call>],
    only_near: bool,
) -> Option<Verdict> {
    let now = events.last()?;
    let mut recent = [now; RECENT];
    let mut len = 0;
    for call in events.iter().rev().take(LOOK).filter(|c| outgoing(c)).take(RECENT) {
        recent[len] = call;
        len += 1;
    }
    let recent = &recent[..len];
    let usual = state.habit.usual();
    let rate = rate(config, state, usual, recent);
    let (on, of) = state.habit.at_hour(now.start);
    let odd_hour = match of >= config.usual_days {
        true => ((f64::from(of) + 1.0) / (f64::from(on) + 0.5)).log10().clamp(0.0, MOST_HOUR),
        false => 0.0,
    };
    // Who calls ten times as much looks odd by chance ten times as often.
    let an_hour = if usual.days >= config.usual_days { u32::from(usual.hour) } else { state.hour_out.calls };
    let tries = (f64::from(an_hour) / FEW_CALLS).max(1.0).log10();
    let judge = Judge { config, usual, habit: &state.habit, rate, odd_hour, tries };
    let any = judge.latest(recent).filter(|_| !only_near).map(|p| (p, Belongs { number: None }));
    let near = judge.neighbours(recent);
    // A run of numbers says precisely which calls belong.
    let enough = |p: &Pattern| p.points >= config.medium_points;
    let (pattern, belongs) = match (near, any) {
        (Some(near), Some(any)) if enough(&near.0) || near.0.points >= any.0.points => near,
        (Some(near), None) => near,
        (_, any) => any?,
    };
    let severity = if !pattern.machine && enough(&pattern) {
        Severity::Medium
    } else if pattern.points >= config.critical_points && pattern.calls >= config.critical_calls {
        Severity::Critical
    } else if pattern.points >= config.high_points {
        Severity::High
    } else if enough(&pattern) {
        Severity::Medium
    } else {
        return None;
    };
    Some(Verdict { severity, pattern, belongs })
}

/// Points for the busiest of three windows against what is usual for the user.
fn rate(config: &Config, state: &State, usual: Usual, recent: &[&Stamped<Call>]) -> f64 {
    let known = usual.days >= config.usual_days;
    let mean = |usual: u16, least: f64| {
        let own = if known { f64::from(usual) * config.usual_factor } else { 0.0 };
        own.max(least)
    };
    let burst = mean(usual.burst, config.usual_calls);
    let hour = mean(usual.hour, config.usual_calls_hour);
    let since = recent[0].start - MINUTE;
    let minute = recent.iter().filter(|c| c.start > since).count() as u32;
    // A full hour says nothing of calls that come after the rush.
    let busy = f64::from(state.burst_out.calls) > burst;
    let hourly = if busy { chance::of_count(state.hour_out.calls, hour) } else { 0.0 };
    // Five times the length, so at least a fifth of the calls; people do two things at a time.
    let in_minute = chance::of_count(minute, (burst / 2.0).max(config.usual_calls / 2.0));
    chance::of_count(state.burst_out.calls, burst).max(hourly).max(in_minute).min(MOST_RATE)
}

struct Judge<'a> {
    config: &'a Config,
    usual: Usual,
    habit: &'a Habit,
    rate: f64,
    odd_hour: f64,
    tries: f64,
}

impl Judge<'_> {
    fn known(&self, number: Number) -> Option<bool> {
        (self.usual.days >= self.config.usual_days).then(|| self.habit.knows(number)).flatten()
    }

    /// Points for what all patterns share, and whether it takes a machine: people do call fast, briefly, many new numbers.
    fn common(&self, pattern: &mut Pattern) -> f64 {
        let short =
            chance::of_share(pattern.short, pattern.calls, f64::from(self.usual.share).clamp(0.5, 0.9));
        let even = chance::of_gaps(pattern.calls - 1, pattern.variation, self.config.usual_variation);
        let local = chance::of_share(pattern.local, pattern.calls, USUAL_LOCAL);
        let new_share = f64::from(self.usual.new).clamp(LEAST_NEW, 0.9);
        let new = pattern.new.map_or(0.0, |new| chance::of_share(new, pattern.calls, new_share));
        pattern.machine = pattern.ordered > 0
            || even >= self.config.machine_points
            || short >= 2.0 * self.config.machine_points;
        let together = chance::together(&[
            self.rate,
            short.min(MOST_SHORT),
            even.min(MOST_EVEN),
            local.min(MOST_LOCAL),
            new.min(MOST_NEW),
            self.odd_hour,
        ]);
        together - self.tries
    }

    /// The most improbable of the last calls, whatever their numbers.
    fn latest(&self, recent: &[&Stamped<Call>]) -> Option<Pattern> {
        let mut best: Option<Pattern> = None;
        let mut tally = Tally::default();
        let knows = self.known(recent[0].event.number).is_some();
        for (at, call) in recent.iter().enumerate() {
            let again = recent[..at].iter().any(|c| c.event.number == call.event.number);
            tally.add(call, again, call.event.short(), self.known(call.event.number));
            if !GROUPS.contains(&(at + 1)) || !self.many(tally.calls, tally.distinct) {
                continue;
            }
            let mut pattern = tally.pattern(knows);
            pattern.points = self.common(&mut pattern);
            if best.is_none_or(|b| pattern.points > b.points) {
                best = Some(pattern);
            }
        }
        best
    }

    /// Whether they are different numbers enough: a busy number dialled again and again is not mass dialling.
    fn many(&self, calls: u32, distinct: u32) -> bool {
        distinct >= self.config.pattern_calls
            && f64::from(distinct) >= self.config.distinct_share * f64::from(calls)
    }

    /// The calls whose numbers lie near the newest one's: best in order, as machines count, else only from one block,
    /// as people with a list may call them, too.
    fn neighbours(&self, recent: &[&Stamped<Call>]) -> Option<(Pattern, Belongs)> {
        let config = self.config;
        let here = recent[0].event.number.e164()?;
        let since = recent[0].start - config.pattern_minutes * MINUTE;
        let near = |call: &&Stamped<Call>| {
            let number = call.event.number.e164().filter(|n| n.abs_diff(here) < config.block_span)?;
            (call.start > since).then_some(number)
        };
        let run = self.run(recent.iter().filter_map(near));
        let (calls, points) = match run {
            Some(run) => (run.calls, (f64::from(run.ordered) * config.neighbour_points).min(MOST_ORDERED)),
            None => (RECENT, 0.0),
        };
        let (mut from, mut to) = (here, here);
        let mut tally = Tally::default();
        let knows = self.known(recent[0].event.number).is_some();
        let members = recent.iter().enumerate().filter_map(|(at, call)| Some((at, call, near(call)?)));
        for (at, call, number) in members.take(calls) {
            let again = recent[..at].iter().any(|c| c.event.number == call.event.number);
            tally.add(call, again, call.event.short(), self.known(call.event.number));
            (from, to) = (from.min(number), to.max(number));
        }
        if !self.many(tally.calls, tally.distinct) {
            return None;
        }
        let mut pattern = tally.pattern(knows);
        (pattern.neighbours, pattern.ordered) = (tally.distinct, run.map_or(0, |run| run.ordered));
        let by_block = f64::from(tally.distinct - 1) * config.block_points;
        pattern.points = points.max(by_block.min(MOST_BLOCK)) + self.common(&mut pattern);
        // The episode grows with the run.
        let step = config.neighbour_step;
        Some((pattern, Belongs { number: Some((from.saturating_sub(step), to + step)) }))
    }

    /// The longest part of these numbers, the newest first, that goes one way by small steps nearly all the time.
    fn run(&self, mut numbers: impl Iterator<Item = u64>) -> Option<Run> {
        let mut later = numbers.next()?;
        let (mut up, mut down, mut moves) = (0u32, 0u32, 0u32);
        let mut run = None;
        for (at, number) in numbers.enumerate() {
            let step = later.abs_diff(number);
            moves += u32::from(step > 0);
            if step > 0 && step <= self.config.neighbour_step {
                *(if later > number { &mut up } else { &mut down }) += 1;
            }
            later = number;
            let ordered = up.max(down);
            if ordered + 1 >= self.config.pattern_calls
                && f64::from(ordered) >= self.config.ordered_share * f64::from(moves)
            {
                run = Some(Run { calls: at + 2, ordered });
            }
        }
        run
    }
}

/// Numbers that go one way.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Calls from the newest back.
    calls: usize,
    /// Steps that go the way.
    ordered: u32,
}

impl Pattern {
    /// The part of an hour's events that begins with it.
    pub fn reach(&self, now: &Stamped<Call>) -> Millis {
        now.start - self.since + 1
    }
}
