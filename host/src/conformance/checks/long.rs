//! The long run: the same organisation over months, from which the limits are read.

use super::super::Lab;
use super::super::drive::{Drive, Failed, Figures, Plan};
use super::super::traffic::shift;

/// Steps: the first warms up, the growth from the second to the third counts.
const STEPS: usize = 3;
/// Events made for one row handed over, at most: a filter may let little through.
const MAX_EVENTS_PER_ROW: u64 = 12;

/// Figures after each step.
#[derive(Clone, Debug)]
pub struct Long {
    /// After each step.
    pub steps: Vec<Figures>,
}

impl Long {
    /// Feeds the traffic again and again, two weeks later each time.
    pub(in crate::conformance) fn run(lab: &Lab<'_>) -> Result<Long, Failed> {
        let mut drive = Drive::start(lab, &lab.traffic.texts, Plan::default())?;
        let mut events = lab.traffic.events.clone();
        let mut steps = Vec::with_capacity(STEPS);
        for step in 1..=STEPS as u64 {
            let mut made = 0;
            while drive.figures().rows < step * lab.options.step_rows
                && made < lab.options.step_rows * MAX_EVENTS_PER_ROW
                && !events.is_empty()
            {
                drive.feed(&events)?;
                made += events.len() as u64;
                shift(&mut events, 1);
            }
            drive.settle()?;
            steps.push(drive.figures().clone());
        }
        Ok(Long { steps })
    }
}
