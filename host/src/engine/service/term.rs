//! One term as the one who evaluates: the main group at work, others catching up beside it.
//!
//! Owns when a detector leaves the main group and how it comes back. Does not own what a checkpoint holds (`engine::log`).

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::groups::{self, Behind, Groups, Reader};
use super::lead::Lead;
use super::{Changed, End, InForce, POLL, Restart, Service};
use crate::directory::Directory;
use crate::engine::fit::Fitter;
use crate::engine::log::{LogError, LogRun, Progress, Readers, STRETCH_RECORDS, Shared};
use crate::engine::worker::WorkerGone;
use crate::engine::{EngineError, Options};
use crate::plugin::Plugin;
use crate::store::{self, Position, QuarantineWrite, RULES};

/// Most records of a stretch while a detector catches up: it may fail on some in each, and a failure costs the stretch.
const CATCH_UP_RECORDS: u64 = 50_000;

/// How often months of the log are made ahead and dropped.
const MAINTENANCE: Duration = Duration::from_secs(3_600);

/// How a detector's run behind the others ended.
enum CaughtUp {
    /// It is where the main group was a moment ago.
    Yes,
    /// It was stopped again, or a stop of the process was asked for.
    No,
}

type Catching = JoinHandle<Result<CaughtUp, LogError>>;

impl Service {
    /// Evaluates until something ends it. `answered` is called whenever the database has answered.
    pub(super) fn term(
        &self,
        lead: &Lead,
        mut policy: InForce,
        restart: &Restart,
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
        };
        self.take_over(lead, &mut policy)?;
        let cursors = self.runtime.block_on(self.store.cursors())?;
        let quarantines = self.runtime.block_on(self.store.quarantines())?;
        let Groups { main, cursor, mut behind, released, rules_begin } =
            Groups::divide(&policy, &cursors, &quarantines, Instant::now());
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
        let target = Arc::new(Mutex::new(run.position()));
        let mut catching: Option<(String, Catching)> = None;
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
            let mut stopped = Vec::new();
            if go_on {
                stopped = run.drain(None, |run| {
                    *total = sum(&before, run.progress());
                    (self.tell)(total);
                    self.metrics.lag(since.elapsed().as_secs_f64());
                    go_on = self.renew_policy(lead, run, &mut policy, &mut behind, restart)?;
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
            *target.lock().unwrap_or_else(PoisonError::into_inner) = run.position();
            answered();
            if !stopped.is_empty() {
                behind.extend(self.set_aside(stopped)?);
            }
            if let Some((id, thread)) = catching.take_if(|(_, thread)| thread.is_finished()) {
                match thread.join().unwrap_or(Err(EngineError::Worker(WorkerGone).into()))? {
                    CaughtUp::Yes => {
                        if !self.rejoin(lead, &shared, &policy, &id, &mut run)? {
                            break End::Again;
                        }
                        behind.retain(|b| b.reader.id() != id);
                    }
                    CaughtUp::No => behind = self.renew(behind)?,
                }
            }
            if self.stops() {
                break End::Stopped;
            }
            if catching.is_none() {
                let due = behind.iter().find(|b| b.due <= Instant::now());
                catching = due.map(|b| self.catch_up(&shared, &policy, &b.reader, &target)).transpose()?;
            }
            if self.until_idle && catching.is_none() {
                break End::Idle;
            }
            self.pause(POLL);
        };
        if let Some((_, thread)) = catching {
            shared.halt.store(true, Ordering::Relaxed);
            let _ = thread.join();
        }
        run.stop();
        Ok(end)
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
                "stopped after repeated failure; see 'ringfence plugin list'. The others go on"
            );
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

    /// Runs a reader on a thread of its own until it is where the main group is.
    fn catch_up(
        &self,
        shared: &Shared,
        policy: &InForce,
        reader: &Reader,
        target: &Arc<Mutex<Position>>,
    ) -> Result<(String, Catching), LogError> {
        let id = reader.id().to_owned();
        tracing::info!(detector = id, "catches up with the log");
        let (shared, target, readers) = (shared.clone(), target.clone(), reader.alone(policy));
        let consumer = id.clone();
        let work = move || {
            let mut run = start_behind(&shared, readers, &consumer)?;
            loop {
                let end = *target.lock().unwrap_or_else(PoisonError::into_inner);
                if run.position() >= end {
                    run.stop();
                    return Ok(CaughtUp::Yes);
                }
                run.drain(Some(end), |_| Ok(true))?;
                if run.is_empty() || shared.stops() {
                    run.stop();
                    return Ok(CaughtUp::No);
                }
            }
        };
        let thread = std::thread::Builder::new().name("catch-up".to_owned()).spawn(work);
        Ok((id, thread.map_err(EngineError::Thread)?))
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

fn start_behind(shared: &Shared, readers: Readers, consumer: &str) -> Result<LogRun, LogError> {
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
