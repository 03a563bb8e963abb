//! The thread that looks out for changes.
//!
//! Owns its loop: files, signals, requests of people, and what becomes of each. Does not own the form of answers (`answers`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::answers::{self, Outcome};
use super::{Author, Inner, Message, Offer};
use crate::engine::service::{Changed, How};
use crate::policy::diff::Diff;
use crate::policy::gather::Sources;
use crate::policy::watch::{self, Watch};
use crate::policy::{FileKind, LastGood, Policy, stored};
use crate::store::{AuthorKind, PolicyRequest, StoreError, StoredForms, Wanted};

/// How often requests are looked for and the stop is noticed.
const TICK: Duration = Duration::from_millis(250);

/// Most further looks at files that are refused: they may be half written.
const SECOND_LOOKS: usize = 3;

/// Configuration that only a new start of the process takes.
const NEEDS_START: [&str; 3] = ["database", "postgres_bin_dir", "health"];

struct Work<'a> {
    inner: &'a Arc<Inner>,
    watch: Watch,
    /// Fingerprint of the files that were read last.
    seen: u64,
    polled: Instant,
    /// What could not be stored is tried again.
    again: bool,
}

pub(super) fn run(inner: &Arc<Inner>, messages: &Receiver<Message>) {
    let Some(sources) = inner.setup.sources.clone() else { return };
    let waker = Arc::downgrade(inner);
    let watch = Watch::new(move || {
        if let Some(inner) = waker.upgrade()
            && !inner.touched.swap(true, Ordering::Relaxed)
        {
            inner.tell(Message::Touched);
        }
    });
    // Nothing seen yet: what changed between the start and now is found by the first look.
    let mut work = Work { inner, watch, seen: 0, polled: Instant::now(), again: false };
    work.look(&sources, "files changed", Vec::new(), false);
    while !inner.stops() {
        match messages.recv_timeout(TICK) {
            Ok(Message::Touched) => work.look(&sources, "files changed", Vec::new(), false),
            Ok(Message::Reload) => work.look(&sources, "SIGHUP", Vec::new(), true),
            Ok(Message::Led) => work.led(&sources),
            Ok(Message::Changed(done)) => work.finish(&done),
            Ok(Message::Again(requests)) => work.lost(&requests),
            Ok(Message::Lost(requests)) => {
                work.answer(&requests, &answers::failed("the database refused it: see the service's log"));
            }
            Err(RecvTimeoutError::Timeout) => work.tick(&sources),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Work<'_> {
    fn tick(&mut self, sources: &Sources) {
        if self.polled.elapsed() >= watch::POLL {
            self.polled = Instant::now();
            if self.fingerprint(sources) != self.seen {
                self.look(sources, "files changed", Vec::new(), false);
            }
        }
        let Some(epoch) = self.inner.state().epoch else { return };
        if std::mem::take(&mut self.again) {
            self.consider_files();
        }
        let setup = &self.inner.setup;
        // A failure is the evaluation's to notice.
        for request in setup.runtime.block_on(setup.store.policy_requests(epoch)).unwrap_or_default() {
            match request.wanted {
                Wanted::Reload => {
                    let reason = format!("reload asked for by {}", request.author);
                    self.look(sources, &reason, vec![request.id], true);
                }
                Wanted::Rollback { generation } => self.roll_back(&request, generation),
            }
        }
    }

    /// An offer was made under a lease that has changed since.
    fn lost(&mut self, requests: &[i64]) {
        self.again = true;
        self.answer(requests, &answers::failed("the evaluation has just begun anew: ask again"));
    }

    /// Offers what the files make, unless what is in force was chosen with these files lying there.
    fn consider_files(&mut self) {
        let (disk, force) = {
            let state = self.inner.state();
            (state.disk.clone(), state.force.clone())
        };
        if disk.disk_digest != force.disk_digest {
            self.consider(&disk, Author::files("files changed"), Vec::new());
        }
    }

    fn fingerprint(&self, sources: &Sources) -> u64 {
        let disk = self.inner.state().disk.clone();
        sources.fingerprint(&disk.config)
    }

    /// Waits, but not through a stop; false if there is one.
    fn wait(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        while !self.inner.stops() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(TICK / 4));
        }
        false
    }

    /// Reads the files when they are quiet, and goes over to what they say.
    fn look(&mut self, sources: &Sources, reason: &str, requests: Vec<i64>, asked: bool) {
        self.inner.touched.store(false, Ordering::Relaxed);
        let Some(seen) = watch::settle(|| self.fingerprint(sources), |time| self.wait(time)) else { return };
        if seen == self.seen && !asked {
            return;
        }
        let before = self.inner.state().disk.clone();
        let Some((policy, folders)) = self.read(sources, &before) else { return };
        self.seen = self.fingerprint(sources);
        self.watch.follow(&folders);
        let policy = match policy {
            Ok(policy) => Arc::new(policy),
            Err(error) => {
                tracing::warn!(%error, "the policy cannot be read; the old one stays");
                self.inner.setup.metrics.reloaded(Outcome::Failed.name());
                self.answer(&requests, &answers::failed(&error.to_string()));
                return;
            }
        };
        if policy.disk_digest == before.disk_digest && policy.digest == before.digest {
            self.unchanged(&policy, &requests, asked);
            return;
        }
        for refused in policy.refused.iter().filter(|r| !before.refused.contains(r)) {
            tracing::warn!(
                file = refused.file,
                reason = refused.reason,
                "refused; {}",
                if refused.kept {
                    "what was last good of it stays in force"
                } else {
                    "nothing of it is in force"
                }
            );
        }
        self.inner.state().disk = policy.clone();
        self.consider(&policy, Author::files(reason), requests);
    }

    /// Reads until what is refused is certainly not half written. None if a stop is asked for.
    fn read(
        &self,
        sources: &Sources,
        before: &Policy,
    ) -> Option<(Result<Policy, crate::policy::PolicyError>, BTreeSet<PathBuf>)> {
        let last = LastGood { state: self.state_forms(), ..self.inner.state().force.last_good() };
        let mut gathered = sources.gather(Some(&before.config));
        for round in 0.. {
            let (digest, folders) = (gathered.digest.clone(), gathered.folders.clone());
            let policy = crate::policy::load_gathered(sources, gathered, &self.inner.setup.plugins, &last);
            let is_bad = match &policy {
                Ok(policy) => policy.refused.iter().any(|r| !before.refused.contains(r)),
                Err(_) => true,
            };
            if !is_bad || round >= SECOND_LOOKS {
                return Some((policy, folders));
            }
            watch::settle(|| self.fingerprint(sources), |time| self.wait(time))?;
            gathered = sources.gather(Some(&before.config));
            if gathered.digest == digest {
                return Some((policy, folders));
            }
        }
        None
    }

    /// The forms of what is stored of plugins. If they cannot be read, nothing is refused because of them now: who takes over looks
    /// again.
    fn state_forms(&self) -> BTreeMap<String, StoredForms> {
        let setup = &self.inner.setup;
        let forms = setup.runtime.block_on(setup.store.stored_forms());
        forms.unwrap_or_else(|error| {
            tracing::debug!(%error, "the forms of stored state could not be read");
            BTreeMap::new()
        })
    }

    /// The files say what they said before.
    fn unchanged(&self, policy: &Policy, requests: &[i64], asked: bool) {
        if !asked {
            return;
        }
        let generation = self.inner.state().force.generation;
        self.inner.setup.metrics.reloaded(Outcome::Unchanged.name());
        tracing::info!(generation, "the files have not changed; the policy stays");
        self.answer(requests, &answers::unchanged(generation, &policy.refused));
    }

    /// Offers a policy to the engine if this process evaluates and it is another than the one in force.
    fn consider(&mut self, policy: &Arc<Policy>, author: Author, requests: Vec<i64>) {
        let (force, epoch) = {
            let state = self.inner.state();
            (state.force.clone(), state.epoch)
        };
        let Some(epoch) = epoch else { return };
        if !self.leads(epoch) || force.generation == 0 {
            return;
        }
        if policy.digest == force.digest {
            self.same(policy, &force, &requests);
            return;
        }
        let diff = Diff::between((&force.content, &force.files), (&policy.content, &policy.files));
        let start =
            diff.config.iter().filter(|key| NEEDS_START.iter().any(|n| key.split('.').next() == Some(*n)));
        for key in start {
            tracing::warn!(key, "a change of this setting takes effect with the next start");
        }
        let step = policy.step_from(&force);
        let how = match self.inner.fit(policy, &step) {
            Ok(how) => how,
            Err(error) => {
                tracing::warn!(%error, "the new policy cannot be put in place; the old one stays");
                self.again = error.is_unavailable();
                self.inner.setup.metrics.reloaded(Outcome::Failed.name());
                self.answer(&requests, &answers::failed(&error.to_string()));
                return;
            }
        };
        match self.inner.prepare(epoch, policy, &diff, author) {
            Ok(generation) => {
                let offer = Offer {
                    policy: Arc::new(Policy { generation, ..Policy::clone(policy) }),
                    epoch,
                    versions: if matches!(how, How::Swap { .. }) { step.forms() } else { Vec::new() },
                    how,
                    gone: policy.content.gone_since(&force.content),
                    diff,
                    requests,
                };
                let mut state = self.inner.state();
                if let Some(older) = state.offer.take() {
                    let requests = older.requests;
                    state.offer =
                        Some(Offer { requests: [offer.requests.clone(), requests].concat(), ..offer });
                } else {
                    state.offer = Some(offer);
                }
                self.inner.offered.store(true, Ordering::Relaxed);
            }
            // Somebody else evaluates now, or this process begins again: then it looks at its files anyway.
            Err(StoreError::Fenced) => self.again = true,
            Err(error) => {
                tracing::warn!(%error, "the new policy could not be stored; the old one stays");
                self.again = error.is_transient();
                self.inner.setup.metrics.reloaded(Outcome::Failed.name());
                self.answer(&requests, &answers::failed(&error.to_string()));
            }
        }
    }

    /// Whether the lease is still held; what is changed without it would be another's to answer for.
    fn leads(&self, epoch: i64) -> bool {
        let setup = &self.inner.setup;
        let lease = setup.runtime.block_on(setup.store.lease());
        let leads = lease.is_ok_and(|lease| lease.is_some_and(|lease| lease.epoch == epoch));
        let mut state = self.inner.state();
        if !leads && state.epoch == Some(epoch) {
            state.epoch = None;
        }
        leads
    }

    /// What is in force is what the files make, though something of them may be refused.
    fn same(&self, policy: &Policy, force: &Policy, requests: &[i64]) {
        let setup = &self.inner.setup;
        let now = Policy { generation: force.generation, ..policy.clone() };
        let noted = setup.runtime.block_on(async {
            setup.store.note_disk_digest(force.generation, &policy.disk_digest).await?;
            setup.store.write_policy_report(force.generation, &answers::report(&now, None)).await
        });
        if let Err(error) = noted {
            tracing::debug!(%error, "how the policy was loaded could not be noted");
        }
        let outcome = if policy.refused.is_empty() { Outcome::Unchanged } else { Outcome::Refused };
        setup.metrics.reloaded(outcome.name());
        setup.metrics.policy(force.generation, policy.refused.len());
        self.answer(requests, &answers::unchanged(force.generation, &policy.refused));
        self.inner.state().force = Arc::new(now);
    }

    /// Makes an earlier generation a new one.
    fn roll_back(&mut self, request: &PolicyRequest, generation: u64) {
        let setup = &self.inner.setup;
        let (disk, force) = {
            let state = self.inner.state();
            (state.disk.clone(), state.force.clone())
        };
        let files = setup.runtime.block_on(async {
            let known = setup.store.generation(Some(generation)).await?;
            Ok::<_, StoreError>(match known {
                Some(_) => Some(stored::files(&setup.store, generation).await?),
                None => None,
            })
        });
        let made = match files {
            Ok(Some(files)) => {
                let last = LastGood { state: self.state_forms(), ..disk.last_good() };
                stored::compile(files, &setup.plugins, &last).map_err(|error| error.to_string())
            }
            Ok(None) => Err(format!("there is no generation {generation}")),
            Err(error) => Err(error.to_string()),
        };
        let made = made.and_then(|policy| match policy.refused.iter().find(|r| r.kind == FileKind::Plugin) {
            // It would be left out, and what runs now in its place as well.
            Some(refused) => Err(format!("{}: {}", refused.file, refused.reason)),
            None => Ok(policy),
        });
        match made {
            Err(reason) => self.answer(&[request.id], &answers::failed(&reason)),
            Ok(policy) if policy.digest == force.digest => {
                self.answer(&[request.id], &answers::unchanged(force.generation, &policy.refused));
            }
            Ok(policy) => {
                // As long as these files lie there, it holds.
                let policy = Policy { disk_digest: disk.disk_digest.clone(), ..policy };
                let author = Author {
                    kind: AuthorKind::User,
                    name: request.author.clone(),
                    reason: answers::rollback_reason(generation, &request.reason),
                };
                self.consider(&Arc::new(policy), author, vec![request.id]);
            }
        }
    }

    /// This process evaluates now.
    fn led(&mut self, sources: &Sources) {
        let (force, awaited) = {
            let mut state = self.inner.state();
            (state.force.clone(), state.awaited.take())
        };
        // The engine was ended between the two steps and began again with what is stored.
        self.settled(&force, awaited.as_ref(), None);
        if self.inner.state().disk.refused.iter().any(|r| r.kind == FileKind::Plugin) {
            // Why may be gone: its state was reset, say, which is why this term began.
            self.look(sources, "state changed", Vec::new(), true);
        }
        self.consider_files();
    }

    /// The engine has gone over.
    fn finish(&mut self, done: &Changed) {
        let (force, awaited) = {
            let mut state = self.inner.state();
            (state.force.clone(), state.awaited.take())
        };
        if awaited.is_some() {
            self.settled(&force, awaited.as_ref(), Some(done));
        }
    }

    /// Tells what is in force.
    fn settled(&self, force: &Policy, offer: Option<&Offer>, done: Option<&Changed>) {
        let setup = &self.inner.setup;
        setup.metrics.policy(force.generation, force.refused.len());
        let report = answers::report(force, done);
        if let Err(error) = setup.runtime.block_on(setup.store.write_policy_report(force.generation, &report))
        {
            tracing::debug!(%error, "how the policy was loaded could not be noted");
        }
        let Some(offer) = offer else { return };
        let outcome = if force.refused.is_empty() { Outcome::Changed } else { Outcome::Refused };
        setup.metrics.reloaded(outcome.name());
        let restarted = done.is_none_or(|d| d.restarted);
        tracing::info!(
            generation = force.generation,
            changes = offer.diff.summary(),
            refused = force.refused.len(),
            restarted,
            "another policy is in force"
        );
        self.answer(&offer.requests, &answers::changed(force, &offer.diff, done));
    }

    fn answer(&self, requests: &[i64], answer: &serde_json::Value) {
        let setup = &self.inner.setup;
        for request in requests {
            if let Err(error) = setup.runtime.block_on(setup.store.answer_policy(*request, answer)) {
                tracing::warn!(%error, "a request about the policy could not be answered");
            }
        }
    }
}
