//! Which finding a call belongs to, and how bad it is.
//!
//! Owns thresholds and severities. Does not own memory ([`crate::history`]) or words ([`crate::report`]).

use ringfence_sdk::{
    About, Case, DAY, Episode, Episodes, HOUR, MINUTE, Now, SECOND, Severity, Span, Stamped,
};

use crate::history::History;
use crate::{Call, Class, Facts, InternationalCalls, forest};

/// Countries named in one finding.
const NAMED: usize = 12;
/// Calls in a new country's first days from which a slow drip is medium.
const DRIP: u64 = 5;

/// Many calls abroad within an hour.
const BURST: Case = Case::new("burst", 2 * HOUR);

/// A day unlike the user's others.
fn unusual_day(day: i32) -> Case {
    Case::new("unusual-day", DAY).about(About::Day(day))
}

/// The busiest hour as it is now.
struct Hour {
    calls: usize,
    numbers: usize,
    seconds: u64,
    overlap: usize,
}

impl Hour {
    fn of(now: &Now<'_, Call>, belongs: impl Fn(&Stamped<Call>) -> bool) -> Hour {
        let span = now.within(HOUR);
        let mut numbers: Vec<u64> = Vec::new();
        let mut hour = Hour { calls: 0, numbers: 0, seconds: 0, overlap: 0 };
        for call in span.iter().filter(|c| belongs(c)) {
            hour.calls += 1;
            hour.seconds += u64::from(call.event.seconds);
            hour.overlap += usize::from(call.start + i64::from(call.event.seconds) * SECOND >= now.start);
            if !numbers.contains(&call.event.number.0) {
                numbers.push(call.event.number.0);
            }
        }
        hour.numbers = numbers.len();
        hour
    }
}

impl InternationalCalls {
    pub(crate) fn judge(
        &self,
        history: &mut History,
        now: &Now<'_, Call>,
        day: i32,
        episodes: &mut Episodes<Facts>,
    ) {
        let call = now.event;
        history.turn_to(day);
        let before = History::clone(history);
        let hour = Hour::of(now, |c| c.event.is_foreign());
        let forget = self.config.forget_days * DAY;
        let since = history.note_call(&call, now.start, hour.calls, forget);
        match call.class {
            Class::Premium => self.premium(&before, now, day, episodes),
            _ if now.start - since < self.config.new_phase_days * DAY => {
                self.new_country(&before, now, day, since, episodes);
            }
            _ => {
                self.burst(&before, now, day, &hour, episodes);
                self.unusual_day(history, &before, now, day, episodes);
            }
        }
    }

    fn premium(&self, before: &History, now: &Now<'_, Call>, day: i32, episodes: &mut Episodes<Facts>) {
        let config = &self.config;
        let belongs = |c: &Stamped<Call>| c.event.class == Class::Premium;
        let hour = Hour::of(now, belongs);
        let in_day = now.within(DAY).iter().filter(|c| belongs(c)).count();
        let talk = hour.seconds / 60;
        let mut severity = if hour.calls >= 2 * config.premium_calls_hour
            || (hour.calls >= config.premium_calls_hour && talk >= config.talk_minutes_critical)
        {
            Severity::Critical
        } else if hour.calls >= config.premium_calls_hour || hour.overlap >= config.overlap {
            Severity::High
        } else if in_day >= config.premium_calls_day {
            Severity::Medium
        } else {
            Severity::Low
        };
        if before.premium_days() >= config.premium_usual_days {
            severity = one_less(severity);
        }
        let case = Case::new("premium", config.quiet_hours * HOUR);
        self.grow(case, now.alone(), belongs, before, day, &hour, severity, episodes);
    }

    fn new_country(
        &self,
        before: &History,
        now: &Now<'_, Call>,
        day: i32,
        since: i64,
        episodes: &mut Episodes<Facts>,
    ) {
        let config = &self.config;
        let case = Case::new("new-country", config.quiet_hours * HOUR);
        let new: Vec<_> = match episodes.peek(case, now.start) {
            Some(episode) => episode.facts.countries.clone(),
            None => Vec::new(),
        };
        let country = now.event.country;
        let warm = before.age(day) >= config.warm_days;
        let phase = config.new_phase_days * DAY;
        let recent = |c: &Stamped<Call>| {
            c.start >= now.start - HOUR && before.is_new(c.event.country, now.start, phase)
        };
        let of_case = |c: &Stamped<Call>| c.event.country == country || new.contains(&c.event.country);
        let belongs = |c: &Stamped<Call>| c.event.class == Class::International && (of_case(c) || recent(c));
        let mut hour = Hour::of(now, belongs);
        // Fraud tries many countries at once. So do people who call abroad for a living, and to a user whose records
        // begin all countries are new: then only a burst counts them together.
        if !warm && hour.calls < config.burst_calls {
            hour = Hour::of(now, |c| c.event.class == Class::International && of_case(c));
        }
        let in_day = now.within(DAY).iter().filter(|c| belongs(c)).count();
        let drip = episodes.peek(case, now.start).is_some_and(|e| e.records() + 1 >= DRIP);
        // Redialling one number that does not answer is no traffic.
        let traffic = hour.numbers > 1 || hour.seconds > 120;
        let talk = hour.seconds / 60;
        let severity = if hour.calls >= config.new_calls_hour_critical
            || (hour.calls >= config.new_calls_hour && talk >= config.talk_minutes_critical)
        {
            Severity::Critical
        } else if (hour.calls >= config.new_calls_hour && traffic) || hour.overlap >= config.overlap {
            if warm { Severity::High } else { Severity::Medium }
        } else if !warm {
            // Every country is new to a user whose records begin: that is no finding.
            return;
        } else if in_day >= config.new_calls_day || drip {
            Severity::Medium
        } else {
            Severity::Low
        };
        // The first call opens; later ones in the phase only join, unless they are many.
        if now.start == since || !new.is_empty() || severity >= Severity::Medium {
            let span = if new.is_empty() { now.within(DAY) } else { now.alone() };
            self.grow(case, span, belongs, before, day, &hour, severity, episodes);
        }
    }

    fn burst(
        &self,
        before: &History,
        now: &Now<'_, Call>,
        day: i32,
        hour: &Hour,
        episodes: &mut Episodes<Facts>,
    ) {
        let usual = f64::from(before.busiest_hour()) * self.config.burst_factor;
        let threshold = self.config.burst_calls.max(usual.ceil() as usize);
        if hour.calls < threshold {
            return;
        }
        let severity = match hour.calls {
            calls if calls >= 3 * threshold || hour.overlap >= 2 * self.config.overlap => Severity::Critical,
            calls if calls >= 2 * threshold || hour.overlap >= self.config.overlap => Severity::High,
            _ => Severity::Medium,
        };
        // A day that was unusual before it became a burst stays one finding.
        let unusual = unusual_day(day);
        let case = if episodes.peek(unusual, now.start).is_some() { unusual } else { BURST };
        self.grow(case, now.within(HOUR), |c| c.event.is_foreign(), before, day, hour, severity, episodes);
    }

    fn unusual_day(
        &self,
        history: &History,
        before: &History,
        now: &Now<'_, Call>,
        day: i32,
        episodes: &mut Episodes<Facts>,
    ) {
        let (today, days) = (history.today(), history.days());
        if days.len() < self.config.forest_days
            || today.calls < self.config.forest_calls
            || episodes.peek(BURST, now.start).is_some()
            || !days.iter().all(|d| d.calls < today.calls || d.seconds < today.seconds)
        {
            return;
        }
        let Some(unusual) = forest::judge(now.subject, days, today) else { return };
        let case = unusual_day(day);
        let open = episodes.peek(case, now.start).is_some();
        if unusual.score < self.config.forest_score && !open {
            return;
        }
        let local_day = |c: &Stamped<Call>| {
            c.event.is_foreign()
                && ringfence_sdk::calendar::day_of(c.start + i64::from(c.event.offset) * MINUTE) == day
        };
        let hour = Hour::of(now, |c| c.event.is_foreign());
        let episode =
            self.grow(case, now.within(DAY), local_day, before, day, &hour, Severity::Low, episodes);
        let score = (unusual.score * 1000.0).round() as u32;
        if score > episode.facts.score {
            episode.facts.score = score;
            episode.facts.reasons = unusual.reasons.iter().take(3).map(|r| *r as u8).collect();
        }
        let far = days.iter().all(|d| 2 * d.calls < today.calls || 3 * d.seconds < today.seconds);
        episode.rise(if far { Severity::Medium } else { Severity::Low });
    }

    #[allow(clippy::too_many_arguments, reason = "one place where an episode's facts are kept")]
    fn grow<'e>(
        &self,
        case: Case,
        span: Span<'_, Call>,
        belongs: impl Fn(&Stamped<Call>) -> bool,
        before: &History,
        day: i32,
        hour: &Hour,
        severity: Severity,
        episodes: &'e mut Episodes<Facts>,
    ) -> &'e mut Episode<Facts> {
        let (episode, added) = episodes.extend_where(case, span, &belongs);
        let facts = &mut episode.facts;
        if facts.calls == 0 {
            let calls = before.days().iter().map(|d| d.calls);
            facts.age = before.age(day);
            facts.usual =
                (calls.clone().min().unwrap_or(0), calls.max().unwrap_or(0), before.days().len() as u32);
            facts.usual_hour = before.busiest_hour();
            facts.premium_days = before.premium_days() as u32;
            let first = added.iter().find(|c| belongs(c));
            facts.known_countries = first.map_or(0, |c| before.countries_known(c.start)) as u32;
        }
        for call in added.iter().filter(|c| belongs(c)) {
            facts.calls += 1;
            facts.answered += u32::from(call.event.answered);
            facts.seconds += u64::from(call.event.seconds);
            facts.night += u32::from(call.event.night);
            if facts.countries.len() < NAMED && !facts.countries.contains(&call.event.country) {
                facts.countries.push(call.event.country);
            }
        }
        if hour.calls as u32 > facts.hour_calls {
            facts.hour_calls = hour.calls as u32;
            facts.hour_numbers = hour.numbers as u32;
        }
        facts.hour_seconds = facts.hour_seconds.max(hour.seconds);
        facts.overlap = facts.overlap.max(hour.overlap as u32);
        episode.rise(severity);
        episode
    }
}

fn one_less(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium => Severity::Low,
        _ => Severity::Informational,
    }
}
