//! One term as the one who evaluates: the main group at work, others catching up beside it.
//!
//! Owns when a detector leaves the main group and how it comes back. Does not own what a checkpoint holds (`engine::log`).

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::groups::{self, Behind, Groups};
use super::lead::Lead;
use super::{End, POLL, Service};
use crate::directory::Directory;
use crate::engine::EngineError;
use crate::engine::log::{LogError, LogRun, Progress, STRETCH_RECORDS, Shared};
use crate::engine::worker::WorkerGone;
use crate::plugin::Plugin;
use crate::store::{self, Position, QuarantineWrite};

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
        directory: &Arc<Directory>,
        total: &mut Progress,
        mut answered: impl FnMut(),
    ) -> Result<End, LogError> {
        let names = Arc::new(self.runtime.block_on(self.store.names())?);
        let shared = Shared {
            names_stored: names.len(),
            store: self.store.clone(),
            runtime: self.runtime.clone(),
            config: self.config.clone(),
            directory: directory.clone(),
            names,
            options: self.options.clone(),
            fence: Some(lead.epoch()),
            stop: self.stop.clone(),
            metrics: self.metrics.clone(),
        };
        let cursors = self.runtime.block_on(self.store.cursors())?;
        let quarantines = self.runtime.block_on(self.store.quarantines())?;
        let Groups { main, cursor, mut behind, released } =
            Groups::divide(&self.plugins, &cursors, &quarantines, Instant::now());
        self.release(lead, released)?;
        let mut run = LogRun::start(&shared, main, &cursor, STRETCH_RECORDS)?;
        let target = Arc::new(Mutex::new(run.position()));
        let mut catching: Option<(String, Catching)> = None;
        let before = total.clone();
        let mut since = Instant::now();
        let mut maintained: Option<Instant> = None;
        let end = loop {
            lead.check()?;
            if maintained.is_none_or(|at| at.elapsed() >= MAINTENANCE) {
                self.maintain();
                maintained = Some(Instant::now());
            }
            let mut stopped = run.drain(None, |progress| {
                *total = sum(&before, progress);
                (self.tell)(total);
                self.metrics.lag(since.elapsed().as_secs_f64());
            })?;
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
                        self.rejoin(lead, &shared, &id, run.position())?;
                        break End::Again;
                    }
                    CaughtUp::No => behind = self.renew(behind)?,
                }
            }
            if self.stops() {
                break End::Stopped;
            }
            if catching.is_none() {
                let due = behind.iter().find(|b| b.due <= Instant::now());
                catching = due.map(|b| self.catch_up(&shared, b.plugin.clone(), &target)).transpose()?;
            }
            if self.until_idle && catching.is_none() {
                break End::Idle;
            }
            self.pause(POLL);
        };
        if let Some((_, thread)) = catching {
            // It looks for the stop itself.
            let _ = thread.join();
        }
        run.stop();
        Ok(end)
    }

    /// Makes months of the log ahead and drops old ones. Not worth interrupting evaluation for: what fails now is done
    /// the next time.
    fn maintain(&self) {
        let today = chrono::Utc::now().date_naive();
        match self.runtime.block_on(self.store.maintain(self.config.retention(), today)) {
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
        self.renew(stopped.into_iter().map(|plugin| Behind { plugin, due: Instant::now() }).collect())
    }

    fn renew(&self, behind: Vec<Behind>) -> Result<Vec<Behind>, LogError> {
        let quarantines = self.runtime.block_on(self.store.quarantines())?;
        let now = Instant::now();
        let renew = |b: Behind| Behind { due: now + groups::remaining(&b.plugin, &quarantines), ..b };
        Ok(behind.into_iter().map(renew).collect())
    }

    /// Runs a detector on a thread of its own until it is where the main group is.
    fn catch_up(
        &self,
        shared: &Shared,
        plugin: Plugin,
        target: &Arc<Mutex<Position>>,
    ) -> Result<(String, Catching), LogError> {
        let id = plugin.manifest().id.clone();
        tracing::info!(detector = id, "catches up with the log");
        let (shared, target) = (shared.clone(), target.clone());
        let work = move || {
            let mut run = start_behind(&shared, plugin)?;
            loop {
                let end = *target.lock().unwrap_or_else(PoisonError::into_inner);
                if run.position() >= end {
                    run.stop();
                    return Ok(CaughtUp::Yes);
                }
                run.drain(Some(end), |_| ())?;
                if run.is_empty() || shared.stop.load(std::sync::atomic::Ordering::Relaxed) {
                    run.stop();
                    return Ok(CaughtUp::No);
                }
            }
        };
        let thread = std::thread::Builder::new().name("catch-up".to_owned()).spawn(work);
        Ok((id, thread.map_err(EngineError::Thread)?))
    }

    /// Brings a detector over the last few records to where the main group is now, and ends its stop.
    fn rejoin(&self, lead: &Lead, shared: &Shared, id: &str, end: Position) -> Result<(), LogError> {
        let Some(plugin) = self.plugins.iter().find(|p| p.manifest().id == id) else { return Ok(()) };
        let mut run = start_behind(shared, plugin.clone())?;
        run.drain(Some(end), |_| ())?;
        let caught_up = run.position() >= end;
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

fn start_behind(shared: &Shared, plugin: Plugin) -> Result<LogRun, LogError> {
    let cursors = shared.runtime.block_on(shared.store.cursors())?;
    let cursor = cursors.get(&plugin.manifest().id).cloned().unwrap_or_default();
    LogRun::start(shared, vec![plugin], &cursor, CATCH_UP_RECORDS)
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
