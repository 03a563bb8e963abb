//! Working out what a cell's entries amount to, and settling what lies before the horizon.
//!
//! Three cuts stand in event time. Entries before the **horizon** are refused. What lies before the **sealed** time is a
//! summary: it follows the horizon, but by steps, since entries are worked out anew at each. The **soft** cut is near the
//! latest entries; as long as none comes that is earlier, only what lies after it is worked out, with the entries that its
//! windows reach back to.

use model::Millis;

use super::cell::{Known, Soft, Verdict};
use super::episodes::{self, Carry, Cut, Folded};
use super::run::{self, Passing, Run};
use super::{Cell, Predicate, PredicateError, Spec};

/// What an evaluation tells besides the episodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluated {
    /// Failures of the predicate since the last evaluation, the first [`Evaluated::MAX_ERRORS`].
    pub errors: Vec<PredicateError>,
    /// How many failures there were.
    pub failed: u64,
    /// Entries, values and episodes that were given up early because the cell was full. Findings may then be fewer, or told
    /// in parts.
    pub saturated: u64,
}

impl Evaluated {
    /// Failures named by one evaluation: a script that always fails, fails with every record.
    pub const MAX_ERRORS: usize = 8;
}

/// Settling waits until entries of a quarter of what must be kept can be dropped, and at least of ten minutes: so every
/// entry is worked out anew at most five times for it.
const LEAST_SETTLED: Millis = 600_000;

/// With fewer entries the soft cut costs more than it saves.
#[cfg(not(test))]
const MIN_SOFT: usize = 64;
#[cfg(test)]
const MIN_SOFT: usize = 3;

impl Cell {
    /// Works out what stands, and settles what lies before the horizon: entries before it are refused from now on. A horizon
    /// before an earlier one is taken as that one.
    pub fn evaluate(&mut self, spec: &Spec, horizon: Millis, predicate: Option<&dyn Predicate>) -> Evaluated {
        let mut outcome = Evaluated::default();
        let horizon = horizon.clamp(-Self::MAX_TIME, Self::MAX_TIME);
        let horizon = self.horizon.map_or(horizon, |before| before.max(horizon));
        self.horizon = Some(horizon);
        let is_late = self.is_worth_settling(spec, horizon);
        if self.evaluated && !is_late {
            return outcome;
        }
        let predicate = predicate.filter(|_| spec.has_predicate);
        self.merge(spec);
        let earliest = self.earliest.take();
        let soft = self.soft.take().filter(|soft| earliest.is_none_or(|earliest| earliest >= soft.at));
        match soft {
            Some(soft) if !is_late && self.entries.len() <= Self::MAX_ENTRIES => {
                self.go_on(spec, soft, predicate, &mut outcome);
            }
            _ => {
                self.learn_lag(earliest, is_late);
                self.prune(spec, horizon);
                let relieved = self.relieve(spec, horizon);
                self.horizon = Some(relieved);
                self.begin_anew(spec, relieved, predicate, &mut outcome);
                self.settle(spec, horizon, relieved, &mut outcome);
            }
        }
        self.evaluated = true;
        self.latest = self.entries.last().map(|e| e.time);
        outcome
    }

    /// Folds on from the soft cut.
    fn go_on(&mut self, spec: &Spec, soft: Soft, predicate: Option<&dyn Predicate>, outcome: &mut Evaluated) {
        let needed = soft.at.saturating_sub(spec.reach());
        let first = self.entries.partition_point(|e| e.time < needed);
        let run = self.run(spec, first, soft.at, predicate, outcome);
        let seal = self.soft_cut().max(soft.at);
        let folded = self.fold(spec, first, &run, soft.carry, (soft.at, seal));
        let mut closed = soft.closed;
        closed.extend(folded.closed.into_iter().map(Known::from));
        self.standing = folded.standing.into_iter().map(Known::from).collect();
        self.soft = Some(Soft { at: seal, carry: folded.carry, closed });
    }

    /// Folds all entries, and settles what lies before the horizon.
    fn begin_anew(
        &mut self,
        spec: &Spec,
        horizon: Millis,
        predicate: Option<&dyn Predicate>,
        outcome: &mut Evaluated,
    ) {
        let from = self.sealed.unwrap_or(Millis::MIN);
        let mut carry = std::mem::take(&mut self.carry);
        let crowded = episodes::bound(spec, &mut carry);
        outcome.saturated += crowded.len() as u64;
        self.closed.extend(crowded.into_iter().map(Known::from));
        let run = self.run(spec, 0, from, predicate, outcome);
        let folded = self.fold(spec, 0, &run, carry, (from, horizon));
        self.closed.extend(folded.closed.into_iter().map(Known::from));
        self.carry = folded.carry;
        self.sealed = Some(horizon);
        let seal = self.soft_cut();
        let mut standing = folded.standing;
        if self.entries.len() >= MIN_SOFT && seal > horizon {
            let folded = self.fold(spec, 0, &run, self.carry.clone(), (horizon, seal));
            let closed = folded.closed.into_iter().map(Known::from).collect();
            self.soft = Some(Soft { at: seal, carry: folded.carry, closed });
            standing = folded.standing;
        }
        self.standing = standing.into_iter().map(Known::from).collect();
    }

    /// Firings of the entries from `first` on. The predicate is asked about those from `from` on.
    fn run(
        &mut self,
        spec: &Spec,
        first: usize,
        from: Millis,
        predicate: Option<&dyn Predicate>,
        outcome: &mut Evaluated,
    ) -> Run {
        let entries = &self.entries[first..];
        let (mut pass, value) = match &spec.baseline {
            Some((baseline, columns)) => {
                let (pass, value) = self.history.judge(baseline, columns, entries);
                (Some(pass), value)
            }
            None => (None, None),
        };
        if let Some(predicate) = predicate {
            let pass = pass.get_or_insert_with(|| vec![true; entries.len()]);
            self.ask(predicate, first, from, pass, outcome);
        }
        let passing = Passing { pass: pass.as_deref(), value: value.as_deref() };
        run::root(&spec.root, &self.entries[first..], &passing, from)
    }

    fn fold(
        &self,
        spec: &Spec,
        first: usize,
        run: &Run,
        carry: Carry,
        (from, seal): (Millis, Millis),
    ) -> Folded {
        let cut = Cut { from, seal, keep: seal.saturating_sub(spec.span()) };
        episodes::fold(spec, &self.entries[first..], run, carry, cut)
    }

    /// Asks the predicate about entries that pass and of which it has not said anything yet. `pass` begins with the entry
    /// `first`.
    fn ask(
        &mut self,
        predicate: &dyn Predicate,
        first: usize,
        from: Millis,
        pass: &mut [bool],
        outcome: &mut Evaluated,
    ) {
        let begin = self.entries.partition_point(|e| e.time < from).max(first);
        for at in begin..self.entries.len() {
            let passes = &mut pass[at - first];
            if !*passes {
                continue;
            }
            if self.verdicts[at] == Verdict::Unknown {
                self.verdicts[at] = match predicate.holds(&self.entries, at) {
                    Ok(true) => Verdict::Holds,
                    Ok(false) => Verdict::Fails,
                    Err(error) => {
                        outcome.failed += 1;
                        if outcome.errors.len() < Evaluated::MAX_ERRORS {
                            outcome.errors.push(error);
                        }
                        Verdict::Fails
                    }
                };
            }
            *passes = self.verdicts[at] == Verdict::Holds;
        }
    }

    /// Where the next soft cut is.
    fn soft_cut(&self) -> Millis {
        self.entries.last().map_or(Millis::MIN, |last| last.time.saturating_sub(self.lag))
    }

    /// An entry that was earlier than the soft cut makes the next lie further back; time brings it nearer again.
    fn learn_lag(&mut self, earliest: Option<Millis>, is_late: bool) {
        if let (Some(latest), Some(earliest)) = (self.latest, earliest) {
            let late = latest.saturating_sub(earliest);
            if late > self.lag {
                self.lag = late.saturating_mul(2);
            }
        }
        if is_late {
            self.lag -= self.lag / 4;
        }
    }

    /// Drops entries that the baseline will never let count; they have taught what they teach. A predicate looks at all.
    fn prune(&mut self, spec: &Spec, horizon: Millis) {
        if let Some((baseline, columns)) = spec.baseline.as_ref().filter(|_| !spec.has_predicate)
            && let Some(may) = self.history.may_count(baseline, columns, &self.entries, horizon)
        {
            let mut may = may.into_iter();
            self.entries.retain(|_| may.next().unwrap_or(true));
        }
    }

    /// A horizon that leaves a full cell room.
    fn relieve(&self, spec: &Spec, horizon: Millis) -> Millis {
        let Some(excess) = self.entries.len().checked_sub(Self::MAX_ENTRIES + 1) else { return horizon };
        let wanted = self.entries[excess].time.saturating_add(spec.reach()).saturating_add(1);
        let latest = self.entries[self.entries.len() - Self::UNSETTLED].time;
        horizon.max(wanted.min(latest))
    }

    /// Whether the horizon has passed so much that working everything out anew is worth the entries that can be dropped.
    fn is_worth_settling(&self, spec: &Spec, horizon: Millis) -> bool {
        let reach = spec.reach();
        let slack = LEAST_SETTLED.max(reach.saturating_add(spec.lateness) / 4);
        let oldest = horizon.saturating_sub(reach).saturating_sub(slack);
        let stays = spec.open_for().saturating_add(slack);
        self.entries.first().is_some_and(|e| e.time < oldest)
            || self.changeable().any(|known| horizon.saturating_sub(known.episode.last) > stays)
    }

    /// Drops what no firing at the horizon or later asks for. `asked` is the horizon before the cell was relieved.
    fn settle(&mut self, spec: &Spec, asked: Millis, horizon: Millis, outcome: &mut Evaluated) {
        let before =
            |horizon: Millis| self.entries.partition_point(|e| e.time < horizon.saturating_sub(spec.reach()));
        let excess = self.entries.len().saturating_sub(Self::MAX_ENTRIES);
        let dropped = before(horizon).max(excess);
        outcome.saturated += dropped.saturating_sub(before(asked)) as u64;
        self.entries.drain(..dropped);
        self.verdicts.drain(..dropped.min(self.verdicts.len()));
        if let Some((baseline, _)) = &spec.baseline {
            let from = horizon.saturating_sub(spec.span());
            outcome.saturated += self.history.settle(baseline, from, horizon);
        }
        // Flooded once, it does not hold the room for ever.
        if self.entries.capacity() > 2 * self.entries.len() + Self::MAX_FRESH {
            self.entries.shrink_to_fit();
            self.verdicts.shrink_to_fit();
        }
    }
}
