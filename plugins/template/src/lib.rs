//! A first detector, to copy: several calls to premium-rate numbers by one user within an hour.
//!
//! Owns the judgement only. Late, shuffled and repeated records, state and restarts are the SDK's work.

use ringfence_sdk::{
    Case, Detector, Episode, Episodes, MINUTE, Millis, Now, Report, Row, Severity, Subject, known,
};
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(Premium, "plugin.toml");

/// Settings: one field for each `[config.…]` table of plugin.toml.
#[derive(Debug, Deserialize)]
pub struct Config {
    calls: usize,
    window_minutes: i64,
}

/// The detector.
#[derive(Debug)]
pub struct Premium {
    config: Config,
}

/// What is remembered of one episode for the report.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    seconds: u64,
}

impl Detector for Premium {
    type Config = Config;
    type Event = u32; // what is kept of a call: its length in seconds
    type State = (); // nothing is remembered between events but the events themselves
    type Facts = Facts;
    type Habits = ();

    fn new(config: Config) -> Result<Self, String> {
        Ok(Premium { config })
    }

    /// How far back `step` looks: events are kept at least that long.
    fn look_back(&self) -> Millis {
        self.config.window_minutes * MINUTE
    }

    /// Which rows matter, whom they are about, and what to keep of them.
    fn select(&self, row: &Row<'_>) -> Option<(Subject, u32)> {
        (row.called_class() == known::PREMIUM).then(|| (Subject::User(row.user()), row.duration()))
    }

    /// Called in the order in which things happened, whatever the order in which they became known.
    fn step(&self, _state: &mut (), now: &Now<'_, u32>, episodes: &mut Episodes<Facts>) {
        let recent = now.within(self.look_back());
        if recent.len() >= self.config.calls {
            // An episode grows while calls keep coming within the gap; then it closes. Each is one finding.
            let (episode, added) = episodes.extend(Case::new("premium-calls", self.look_back()), recent);
            episode.facts.seconds += added.iter().map(|call| u64::from(call.event)).sum::<u64>();
            episode.rise(if episode.records() >= 10 { Severity::High } else { Severity::Medium });
        }
    }

    /// The finding in words and figures.
    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        let (calls, minutes) = (episode.records(), episode.facts.seconds / 60);
        Report::new(format!("{calls} calls to premium-rate numbers"))
            .because(format!("{calls} calls, {minutes} minutes in all, to premium-rate numbers"))
            .figure("calls", calls)
            .figure("minutes", minutes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ringfence_sdk::harness::{Harness, Record};

    use super::*;

    fn calls(starts: &[i64]) -> Vec<Record> {
        let call = |(id, minute): (usize, &i64)| {
            Record::at_millis(id as u64, 1_772_000_000_000 + minute * MINUTE)
                .set("user", "ana")
                .set("called_class", "premium")
                .talked(90)
        };
        starts.iter().enumerate().map(call).collect()
    }

    #[test]
    fn three_calls_in_an_hour_are_one_finding() {
        let findings = Harness::new(MANIFEST).check_everything::<Premium>(&calls(&[0, 10, 20, 30]));
        let finding = findings.values().next().unwrap();
        assert_eq!((findings.len(), finding.severity, finding.evidence.len()), (1, Severity::Medium, 4));
        assert_eq!(finding.explanation, ["4 calls, 6 minutes in all, to premium-rate numbers"]);
    }

    #[test]
    fn three_calls_in_a_day_are_nothing() {
        assert!(Harness::new(MANIFEST).run::<Premium>(&calls(&[0, 100, 200])).is_empty());
    }

    proptest! {
        #[test]
        fn order_of_arrival_does_not_matter(starts in proptest::collection::vec(0i64..5000, 0..120), seed: u64) {
            Harness::new(MANIFEST).check_order::<Premium>(&calls(&starts), seed);
        }
    }
}
