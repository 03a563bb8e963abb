//! One term as the one who evaluates: the main group at work, others catching up beside it.
//!
//! Owns when a detector leaves the main group and how it comes back. Does not own what a checkpoint holds (`engine::log`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::book::Book;
use super::display::Display;
use super::groups::{self, Behind, Groups, Reader};
use super::lane::{self, Lanes, Target};
use super::lead::Lead;
use super::{Changed, End, InForce, POLL, Restart, Service};
use crate::directory::Directory;
use crate::engine::Options;
use crate::engine::fit::Fitter;
use crate::engine::ledger::Ledger;
use crate::engine::log::{LogError, LogRun, Progress, Readers, STRETCH_RECORDS, Shared};
use crate::plugin::Plugin;
use crate::store::{self, QuarantineWrite, RULES};

/// Most records of a stretch while a detector catches up: it may fail on some in each, and a failure costs the stretch.
const CATCH_UP_RECORDS: u64 = 50_000;

/// How often months of the log are made ahead and dropped.
const MAINTENANCE: Duration = Duration::from_secs(3_600);

impl Service {
    /// Evaluates until something ends it. `answered` is called whenever the database has answered.
    pub(super) fn term(
        &self,
        lead: &Lead,
        mut policy: InForce,
        restart: &Restart,
        book: &mut Book,
        total: &mut Progress,
        mut answered: impl FnMut(),
    ) -> Result<End, LogError> {
        let names = Arc::new(self.runtime.block_on(self.store.names())?);
        let mut shared = Shared {
            names_stored: names.len(),
            store: self.store.clone(),
            runtime: self.runtime.clone(),
            config: policy.config.clone(),
            directory: Arc::new(Directory::from_config(&policy.config)),
            names,
            options: Options {
                workers: self.workers,
                lateness: policy.config.lateness(),
                generation: policy.generation,
            },
            fence: Some(lead.epoch()),
            stop: self.stop.clone(),
            halt: Arc::default(),
            metrics: self.metrics.clone(),
            ledger: book.ledger.clone(),
            pace: book.pace.clone(),
            lane: None,
        };
        self.take_over(lead, &mut policy)?;
        book.pace.configure(policy.config.lanes);
        book.pace.set_busy(false);
        book.ledger.forget_state();
        self.renew_ledger(&policy, &book.ledger)?;
        let cursors = self.runtime.block_on(self.store.cursors())?;
        let quarantines = self.runtime.block_on(self.store.quarantines())?;
        let Groups { main, cursor, mut behind, released, rules_begin } =
            Groups::divide(&policy, &cursors, &quarantines, book, Instant::now());
        self.release(lead, released)?;
        if rules_begin {
            let begun = self.store.start_cursor(RULES, &cursor, shared.fence);
            self.runtime.block_on(begun)?;
        }
        let mut run = LogRun::start(&shared, main, &cursor, STRETCH_RECORDS)?;
        if let Some(pause) = restart.end() {
            let (generation, swaps) = (policy.generation, Vec::new());
            self.keeper.changed(Changed { generation, pause, swaps, plugins: Vec::new(), restarted: true });
        }
        self.keeper.begun(Fitter::new(shared.services(), shared.options.clone()));
        let target = |run: &LogRun, generation| Target { position: run.position(), generation };
        let mut lanes = Lanes::new(target(&run, policy.generation));
        let mut display = Display::default();
        let before = total.clone();
        let mut since = Instant::now();
        let mut maintained: Option<Instant> = None;
        let end = loop {
            lead.check()?;
            if maintained.is_none_or(|at| at.elapsed() >= MAINTENANCE) {
                self.maintain(&policy);
                maintained = Some(Instant::now());
            }
            let mut go_on = self.renew_policy(lead, &mut run, &mut policy, &mut behind, restart)?;
            self.renew_ledger(&policy, &book.ledger)?;
            // Before a long stretch of the main group: they need not wait for it.
            lanes.start_due(&shared, &policy, book, &mut behind)?;
            let mut stopped = Vec::new();
            if go_on {
                stopped = run.drain(None, |run| {
                    *total = sum(&before, run.progress());
                    (self.tell)(total);
                    self.metrics.lag(since.elapsed().as_secs_f64());
                    self.show(&mut display, lead, run, &lanes, &book.ledger);
                    go_on = self.renew_policy(lead, run, &mut policy, &mut behind, restart)?;
                    self.renew_ledger(&policy, &book.ledger)?;
                    leave(run, book, &mut behind);
                    lanes.set_target(target(run, policy.generation));
                    lanes.start_due(&shared, &policy, book, &mut behind)?;
                    Ok(go_on)
                })?;
            }
            if !go_on {
                break End::Again;
            }
            shared.options.generation = policy.generation;
            shared.config = policy.config.clone();
            stopped.extend(run.retry_parked()?);
            *total = sum(&before, run.progress());
            since = Instant::now();
            self.metrics.lag(0.0);
            book.pace.set_busy(false);
            lanes.set_target(target(&run, policy.generation));
            answered();
            if !stopped.is_empty() {
                behind.extend(self.set_aside(stopped)?);
            }
            leave(&mut run, book, &mut behind);
            let ended = lanes.reap(book)?;
            let mut has_room = true;
            for id in &ended.level {
                has_room &= self.rejoin(lead, &shared, &policy, id, &mut run, book)?;
            }
            if !has_room {
                break End::Again;
            }
            self.release(lead, lanes.newly_level())?;
            behind.extend(ended.behind);
            if ended.has_stopped {
                behind = self.renew(behind)?;
            }
            if self.stops() {
                break End::Stopped;
            }
            let is_due = |b: &Behind| b.due <= Instant::now();
            if self.until_idle && lanes.are_level(run.position()) && !behind.iter().any(is_due) {
                break End::Idle;
            }
            self.show(&mut display, lead, &run, &lanes, &book.ledger);
            self.pause(POLL);
        };
        display = Display::default();
        self.show(&mut display, lead, &run, &lanes, &book.ledger);
        lanes.halt(book);
        if !matches!(end, End::Again) {
            book.ending.drain(..).for_each(|ending| drop(ending.thread.join()));
        }
        run.stop();
        Ok(end)
    }

    /// Has the ledger follow the policy. Costs next to nothing when that is the same.
    fn renew_ledger(&self, policy: &InForce, ledger: &Ledger) -> Result<(), LogError> {
        if ledger.follows(policy.generation) {
            return Ok(());
        }
        let sizes = match ledger.knows(&policy.plugins) {
            true => BTreeMap::new(),
            false => self.runtime.block_on(self.store.state_sizes())?,
        };
        ledger.begin(policy.generation, &policy.plugins, &policy.config, &sizes);
        Ok(())
    }

    /// Makes months of the log ahead and drops old ones. Not worth interrupting evaluation for: what fails now is done
    /// the next time.
    fn maintain(&self, policy: &InForce) {
        let retention = policy.config.retention();
        let today = chrono::Utc::now().date_naive();
        match self.runtime.block_on(self.store.maintain(retention, today)) {
            Ok(done) => tracing::debug!(?done, "months of the log looked after"),
            Err(error) => {
                tracing::warn!(%error, "months of the log could not be looked after; trying again later")
            }
        }
    }

    /// Detectors that were just stopped, with the time they have to wait.
    fn set_aside(&self, stopped: Vec<Plugin>) -> Result<Vec<Behind>, LogError> {
        for plugin in &stopped {
            let detector = &plugin.manifest().id;
            tracing::warn!(detector, "stopped; see 'ringfence plugin list' for why. The others go on");
        }
        let behind = |plugin| Behind { reader: Reader::Plugin(plugin), due: Instant::now() };
        self.renew(stopped.into_iter().map(behind).collect())
    }

    pub(super) fn renew(&self, behind: Vec<Behind>) -> Result<Vec<Behind>, LogError> {
        let quarantines = self.runtime.block_on(self.store.quarantines())?;
        let now = Instant::now();
        let renew = |b: Behind| Behind { due: now + groups::remaining_of(&b.reader, &quarantines), ..b };
        Ok(behind.into_iter().map(renew).collect())
    }

    /// Brings a reader over the last few records to where the main group is now, ends its stop, and takes it in; false if that
    /// takes a new start.
    fn rejoin(
        &self,
        lead: &Lead,
        shared: &Shared,
        policy: &InForce,
        id: &str,
        main: &mut LogRun,
        book: &mut Book,
    ) -> Result<bool, LogError> {
        let plugin = policy.plugins.iter().find(|p| p.id() == id);
        let Some(reader) = plugin.cloned().map(Reader::Plugin).or((id == RULES).then_some(Reader::Rules))
        else {
            return Ok(false);
        };
        let end = main.position();
        let mut run = start_behind(shared, reader.alone(policy), id)?;
        run.drain(Some(end), |_| Ok(true))?;
        let has_caught_up = run.position() == end && !run.is_empty();
        for plugin in run.take_left() {
            lane::say_slow(&plugin);
            book.enter(&plugin, Instant::now());
        }
        run.stop();
        if !has_caught_up {
            return Ok(false);
        }
        tracing::info!(detector = id, "has caught up");
        self.release(lead, vec![id.to_owned()])?;
        plugin.map_or(Ok(false), |plugin| self.admit(main, shared, policy, plugin))
    }

    fn release(&self, lead: &Lead, detectors: Vec<String>) -> Result<(), LogError> {
        if detectors.is_empty() {
            return Ok(());
        }
        let quarantine =
            detectors.into_iter().map(|detector| QuarantineWrite::Release { detector }).collect();
        let checkpoint =
            store::Checkpoint { fence: Some(lead.epoch()), quarantine, ..store::Checkpoint::default() };
        self.runtime.block_on(self.store.commit(&checkpoint))?;
        Ok(())
    }
}

/// Takes down who has left the main group for being too slow.
fn leave(run: &mut LogRun, book: &mut Book, behind: &mut Vec<Behind>) {
    for plugin in run.take_left() {
        lane::say_slow(&plugin);
        book.enter(&plugin, Instant::now());
        behind.push(Behind { reader: Reader::Plugin(plugin), due: Instant::now() });
    }
}

/// A run of one reader from where it stands.
pub(super) fn start_behind(shared: &Shared, readers: Readers, consumer: &str) -> Result<LogRun, LogError> {
    let cursors = shared.runtime.block_on(shared.store.cursors())?;
    let cursor = cursors.get(consumer).cloned().unwrap_or_default();
    LogRun::start(shared, readers, &cursor, CATCH_UP_RECORDS)
}

fn sum(before: &Progress, now: &Progress) -> Progress {
    Progress {
        records: before.records + now.records,
        late: before.late + now.late,
        unreadable: before.unreadable + now.unreadable,
        new: before.new + now.new,
        revised: before.revised + now.revised,
        withdrawn: before.withdrawn + now.withdrawn,
        parked: before.parked + now.parked,
    }
}
