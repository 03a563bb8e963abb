//! What was done to the processes, to be shown.

use std::collections::BTreeMap;
use std::fmt;

use crate::proxy::Sprung;
use crate::wire::Phase;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By phase: while sending, while the answer came.
    pub kills: BTreeMap<Phase, [usize; 2]>,
    pub cuts_survived: usize,
    pub cuts_ended: usize,
    /// The process ended before its trap.
    pub missed: usize,
    /// A started process found a dead one's session in its way.
    pub refused: usize,
    pub processes: usize,
    /// A dead one's lease was left to run out.
    pub waits: usize,
    pub revisions: i64,
    pub withdrawn: i64,
    /// Standing findings by detector.
    pub findings: BTreeMap<String, usize>,
}

impl Tally {
    pub fn killed(&mut self, sprung: Sprung) {
        self.kills.entry(sprung.phase).or_default()[usize::from(!sprung.sending)] += 1;
    }

    pub fn total(&self) -> usize {
        self.kills.values().flatten().sum()
    }

    pub fn add(&mut self, other: &Tally) {
        for (phase, counts) in &other.kills {
            let sum = self.kills.entry(*phase).or_default();
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        self.cuts_survived += other.cuts_survived;
        self.cuts_ended += other.cuts_ended;
        self.missed += other.missed;
        self.refused += other.refused;
        self.processes += other.processes;
        self.waits += other.waits;
        self.revisions += other.revisions;
        self.withdrawn += other.withdrawn;
        for (detector, count) in &other.findings {
            *self.findings.entry(detector.clone()).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} kills in {} processes:", self.total(), self.processes)?;
        for phase in Phase::ALL {
            let [sending, answer] = self.kills.get(&phase).copied().unwrap_or_default();
            writeln!(
                f,
                "  {:<18} {:>5}  ({sending} while sending, {answer} while the answer came)",
                phase.name(),
                sending + answer
            )?;
        }
        writeln!(
            f,
            "  {} more had their connections cut: {} went on, {} gave up; {} ended before their kill point",
            self.cuts_survived + self.cuts_ended,
            self.cuts_survived,
            self.cuts_ended,
            self.missed
        )?;
        let findings: Vec<String> = self.findings.iter().map(|(d, n)| format!("{d} {n}")).collect();
        write!(
            f,
            "  {} starts met a dead one's session, {} leases ran out; findings: {}; {} revisions, {} withdrawn",
            self.refused,
            self.waits,
            findings.join(", "),
            self.revisions,
            self.withdrawn
        )
    }
}
