//! One term as the one who evaluates: the main group at work, others catching up beside it.
//!
//! Owns when a detector leaves the main group and how it comes back. Does not own what a checkpoint holds (`engine::log`).

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
use crate::engine::log::{LogError, LogRun, Progress, Readers, STRETCH_RECORDS, Shared};
use crate::plugin::Plugin;
use crate::store::{self, Position, QuarantineWrite, RULES};

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
        book.pace.configure(policy.config.lanes);
        book.pace.set_busy(false);
        let sizes = self.runtime.block_on(self.store.state_sizes())?;
        book.ledger.begin(&policy.plugins, &policy.config, &sizes);
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
            self.keeper.changed(Changed { generation, pause, swaps, restarted: true });
        }
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
            let mut go_on = self.renew_policy(lead, &mut run, &mut policy, restart)?;
            let mut stopped = Vec::new();
            if go_on {
                stopped = run.drain(None, |run| {
                    *total = sum(&before, run.progress());
                    (self.tell)(total);
                    self.metrics.lag(since.elapsed().as_secs_f64());
                    self.show(&mut display, lead, run, &lanes, &book.ledger);
                    go_on = self.renew_policy(lead, run, &mut policy, restart)?;
                    Ok(go_on)
                })?;
            }
            if !go_on {
                break End::Again;
            }
            shared.options.generation = policy.generation;
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
            for plugin in run.take_left() {
                lane::say_slow(&plugin);
                book.enter(&plugin, Instant::now());
                behind.push(Behind { reader: Reader::Plugin(plugin), due: Instant::now() });
            }
            let ended = lanes.reap(book)?;
            if !ended.level.is_empty() {
                for id in &ended.level {
                    self.rejoin(lead, &shared, &policy, id, run.position(), book)?;
                }
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
            lanes.start_due(&shared, &policy, book, &mut behind)?;
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

    /// Goes on with another policy if there is one; false if that takes a new start. Between two checkpoints.
    fn renew_policy(
        &self,
        lead: &Lead,
        run: &mut LogRun,
        policy: &mut InForce,
        restart: &Restart,
    ) -> Result<bool, LogError> {
        let Some(change) = self.keeper.next(lead.epoch())? else { return Ok(true) };
        if change.restart {
            restart.begin();
            return Ok(false);
        }
        let generation = change.now.generation;
        let swapped = run.swap_rules(&change.now.rules, generation)?;
        *policy = change.now;
        tracing::info!(
            generation,
            pause_micros = swapped.pause.as_micros() as u64,
            "other rules are in force"
        );
        let (pause, swaps) = (swapped.pause, swapped.swaps);
        self.keeper.changed(Changed { generation, pause, swaps, restarted: false });
        Ok(true)
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
            tracing::warn!(
                detector,
                "stopped; see 'ringfence plugin list' for why. The others go on"
            );
        }
        let behind = |plugin| Behind { reader: Reader::Plugin(plugin), due: Instant::now() };
        self.renew(stopped.into_iter().map(behind).collect())
    }

    fn renew(&self, behind: Vec<Behind>) -> Result<Vec<Behind>, LogError> {
        let quarantines = self.runtime.block_on(self.store.quarantines())?;
        let now = Instant::now();
        let renew = |b: Behind| Behind { due: now + groups::remaining_of(&b.reader, &quarantines), ..b };
        Ok(behind.into_iter().map(renew).collect())
    }

    /// Brings a reader over the last few records to where the main group is now, and ends its stop.
    fn rejoin(
        &self,
        lead: &Lead,
        shared: &Shared,
        policy: &InForce,
        id: &str,
        end: Position,
        book: &mut Book,
    ) -> Result<(), LogError> {
        let plugin = || policy.plugins.iter().find(|p| p.id() == id).cloned().map(Reader::Plugin);
        let reader = if id == RULES { Some(Reader::Rules) } else { plugin() };
        let Some(reader) = reader else { return Ok(()) };
        let mut run = start_behind(shared, reader.alone(policy), id)?;
        run.drain(Some(end), |_| Ok(true))?;
        let caught_up = run.position() >= end;
        for plugin in run.take_left() {
            lane::say_slow(&plugin);
            book.enter(&plugin, Instant::now());
        }
        run.stop();
        if caught_up {
            tracing::info!(detector = id, "has caught up");
            self.release(lead, vec![id.to_owned()])?;
        }
        Ok(())
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
