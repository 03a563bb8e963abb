//! Keeps what is in force: looks at the files, stores generations, hands them to the engine between two checkpoints.
//!
//! Owns when a policy changes and who is told. Everything slow (waiting for files to be quiet, reading, compiling, storing) happens
//! on a thread of its own; the engine is held up by one short transaction and by the change of rules itself. Does not own what a
//! policy is (`build`) or how the engine goes over to it (`engine::service`).

mod answers;
mod work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::runtime::Handle;

use super::content::Content;
use super::diff::Diff;
use super::file::PolicyFile;
use super::gather::Sources;
use super::{LastGood, Policy, Step, stored};
use crate::engine::fit::{FitError, Fitter};
use crate::engine::service::{self, Changed, How, InForce};
use crate::plugin::Runtime;
use crate::store::{AuthorKind, NewGeneration, RULES, StateForm, Store, StoreError, TakeOver};
use crate::telemetry::Metrics;

/// What a keeper works with.
#[derive(Clone)]
pub struct Setup {
    /// The database.
    pub store: Store,
    /// For the store's work.
    pub runtime: Handle,
    /// Loads plugins.
    pub plugins: Runtime,
    /// Where to look; none for a policy that came from no files.
    pub sources: Option<Sources>,
    /// Ends the work.
    pub stop: Arc<AtomicBool>,
    /// Figures for monitoring.
    pub metrics: Metrics,
}

/// See the module. The look-out ends when this is dropped.
pub struct Keeper {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keeper(generation {})", self.inner.state().force.generation)
    }
}

/// What is told to the thread that looks out.
enum Message {
    /// Something happened in a folder.
    Touched,
    /// Somebody asks for a look: by a signal.
    Reload,
    /// This process has taken the lease.
    Led,
    /// The engine has changed over.
    Changed(Changed),
    /// An offer was lost, with the requests that it would have answered: make it again if it is still wanted.
    Again(Vec<i64>),
    /// An offer could not be brought into force, and will not be.
    Lost(Vec<i64>),
}

struct Inner {
    setup: Setup,
    state: Mutex<State>,
    /// Whether there is an offer: looked at for every batch.
    offered: AtomicBool,
    /// Whether a `Touched` is on its way.
    touched: AtomicBool,
    over: AtomicBool,
    inbox: Sender<Message>,
}

struct State {
    /// In force as far as this process knows; its generation is 0 until this process has led.
    force: Arc<Policy>,
    /// What the files make.
    disk: Arc<Policy>,
    /// The lease, if this process had it last.
    epoch: Option<i64>,
    offer: Option<Offer>,
    /// In force by the database, but the engine has not said that it is done.
    awaited: Option<Offer>,
    /// Makes detectors ready for the engine of the term; none between terms.
    fitter: Option<Fitter>,
}

/// A stored generation that waits for the next checkpoint.
struct Offer {
    policy: Arc<Policy>,
    epoch: i64,
    how: How,
    /// Versions of plugins that take over from others.
    versions: Vec<StateForm>,
    gone: Vec<String>,
    diff: Diff,
    /// Requests that it answers.
    requests: Vec<i64>,
}

/// Why there is a new generation.
struct Author {
    kind: AuthorKind,
    name: String,
    reason: String,
}

impl Author {
    fn files(reason: impl Into<String>) -> Author {
        Author { kind: AuthorKind::File, name: host(), reason: reason.into() }
    }
}

/// The machine's name, for people.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "host".to_owned() } else { name.trim().to_owned() }
}

impl Keeper {
    /// Keeps `policy`. With [`Keeper::look_out`] it follows the files.
    pub fn new(setup: Setup, policy: Policy) -> Keeper {
        let (inbox, messages) = channel();
        let keeper = Keeper::with_inbox(setup, policy, inbox);
        drop(messages);
        keeper
    }

    /// The same, and follows the files on a thread of its own until it is dropped.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn look_out(setup: Setup, policy: Policy) -> std::io::Result<Keeper> {
        let (inbox, messages): (_, Receiver<Message>) = channel();
        let mut keeper = Keeper::with_inbox(setup, policy, inbox);
        let inner = keeper.inner.clone();
        let thread = std::thread::Builder::new().name("policy".to_owned());
        keeper.thread = Some(thread.spawn(move || work::run(&inner, &messages))?);
        Ok(keeper)
    }

    fn with_inbox(setup: Setup, policy: Policy, inbox: Sender<Message>) -> Keeper {
        let policy = Arc::new(policy);
        let state = State {
            force: policy.clone(),
            disk: policy,
            epoch: None,
            offer: None,
            awaited: None,
            fitter: None,
        };
        let inner = Inner {
            setup,
            state: Mutex::new(state),
            offered: AtomicBool::new(false),
            touched: AtomicBool::new(false),
            over: AtomicBool::new(false),
            inbox,
        };
        Keeper { inner: Arc::new(inner), thread: None }
    }

    /// A handle that asks for a look at the files.
    pub fn reload(&self) -> impl Fn() + Send + 'static {
        let inbox = self.inner.inbox.clone();
        // Nobody follows the files: then there is nothing to look at.
        move || drop(inbox.send(Message::Reload))
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.inner.state().force.clone()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.inner.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stops(&self) -> bool {
        self.over.load(Ordering::Relaxed) || self.setup.stop.load(Ordering::Relaxed)
    }

    fn tell(&self, message: Message) {
        // Without a thread nobody listens, and nothing need be told.
        let _ = self.inbox.send(message);
    }

    /// How the engine goes over to a policy; what can be put in place is made ready.
    fn fit(&self, policy: &Policy, step: &Step) -> Result<How, FitError> {
        // Between terms nothing is in place yet.
        let Some(fitter) = self.state().fitter.clone().filter(|_| !step.restart) else {
            return Ok(How::Restart);
        };
        let fitted =
            step.changed.iter().map(|plugin| fitter.fit(plugin, &policy.config)).collect::<Result<_, _>>()?;
        Ok(How::Swap { rules: step.rules, fitted })
    }

    /// What is in force when this process begins to evaluate: by the database, unless the files here say otherwise.
    fn settle(&self, state: &mut State, epoch: i64) -> Result<(), StoreError> {
        let (store, runtime) = (&self.setup.store, &self.setup.runtime);
        let newest = runtime.block_on(store.generation(None))?;
        let Some(newest) = newest else {
            return self.adopt(state, epoch, &Content::default(), &[], Author::files("first start"));
        };
        let disk = &state.disk;
        if newest.generation == state.force.generation {
            return Ok(());
        }
        if newest.digest == disk.digest {
            if newest.disk_digest != disk.disk_digest {
                runtime.block_on(store.note_disk_digest(newest.generation, &disk.disk_digest))?;
            }
            state.force = Arc::new(Policy { generation: newest.generation, ..Policy::clone(disk) });
            return Ok(());
        }
        let files = runtime.block_on(stored::files(store, newest.generation))?;
        if newest.disk_digest == disk.disk_digest {
            // A person went back to it, or a file that is refused was good then. It holds until the files change.
            match stored::compile(files.clone(), &self.setup.plugins, &disk.last_good()) {
                Ok(policy) => {
                    let disk_digest = newest.disk_digest;
                    state.force = Arc::new(Policy { generation: newest.generation, disk_digest, ..policy });
                    return Ok(());
                }
                Err(error) => tracing::warn!(
                    generation = newest.generation, %error,
                    "the stored policy cannot be used by this version; the files here take its place"
                ),
            }
        }
        let before = stored::content(&newest);
        self.adopt(state, epoch, &before, &files, Author::files("start with other files"))
    }

    /// Makes what the files say a generation and brings it into force at once: nothing is evaluated yet.
    fn adopt(
        &self,
        state: &mut State,
        epoch: i64,
        before: &Content,
        files: &[PolicyFile],
        author: Author,
    ) -> Result<(), StoreError> {
        let disk = state.disk.clone();
        let diff = Diff::between((before, files), (&disk.content, &disk.files));
        let generation = self.prepare(epoch, &disk, &diff, author)?;
        let gone = disk.content.gone_since(before);
        let activated = self.setup.store.activate_generation(Some(epoch), generation, RULES, &gone, &[]);
        self.setup.runtime.block_on(activated)?;
        state.force = Arc::new(Policy { generation, ..Policy::clone(&disk) });
        tracing::info!(generation, changes = diff.summary(), "another policy is in force");
        Ok(())
    }

    /// Stores a generation that is not in force yet.
    fn prepare(&self, epoch: i64, policy: &Policy, diff: &Diff, author: Author) -> Result<u64, StoreError> {
        let stored = store_generation(&self.setup.store, Some(epoch), policy, diff, author);
        self.setup.runtime.block_on(stored)
    }
}

/// Stores a generation that is not in force yet; its number.
async fn store_generation(
    store: &Store,
    epoch: Option<i64>,
    policy: &Policy,
    diff: &Diff,
    author: Author,
) -> Result<u64, StoreError> {
    // What cannot be written as JSON is told as nothing; none of it is needed to run.
    let json = |value: Result<serde_json::Value, serde_json::Error>| value.unwrap_or_default();
    let new = NewGeneration {
        digest: policy.digest.clone(),
        disk_digest: policy.disk_digest.clone(),
        content: json(serde_json::to_value(&policy.content)),
        diff: json(serde_json::to_value(diff)),
        author_kind: author.kind,
        author: author.name,
        reason: author.reason,
        files: policy.files.iter().map(PolicyFile::row).collect(),
    };
    let contents: Vec<_> = policy.files.iter().map(|f| (f.digest, f.bytes.clone())).collect();
    store.store_policy_files(&contents).await?;
    store.prepare_generation(epoch, &new).await
}

/// Makes an earlier generation a new one where nobody evaluates; its number, or why that cannot be.
///
/// # Errors
/// When the database fails.
pub async fn roll_back(
    store: &Store,
    plugins: &Runtime,
    sources: &Sources,
    generation: u64,
    author: &str,
    reason: &str,
) -> Result<Result<u64, String>, StoreError> {
    let files = stored::files(store, generation).await?;
    let policy = match stored::compile(files, plugins, &LastGood::default()) {
        Ok(policy) => policy,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let last = stored::last_good(store).await?;
    // As long as these files lie there, it holds.
    let disk_digest = sources.gather(last.config.as_deref()).digest;
    let policy = Policy { disk_digest, ..policy };
    let before: Vec<PolicyFile> = last.files.values().cloned().collect();
    let diff = Diff::between((&last.content, &before), (&policy.content, &policy.files));
    let author = Author {
        kind: AuthorKind::User,
        name: author.to_owned(),
        reason: answers::rollback_reason(generation, reason),
    };
    let number = store_generation(store, None, &policy, &diff, author).await?;
    let gone = policy.content.gone_since(&last.content);
    store.activate_generation(None, number, RULES, &gone, &[]).await?;
    Ok(Ok(number))
}

impl service::Keeper for Keeper {
    fn known(&self) -> InForce {
        in_force(&self.inner.state().force)
    }

    fn lead(&self, epoch: i64) -> Result<InForce, StoreError> {
        let mut state = self.inner.state();
        state.epoch = Some(epoch);
        state.fitter = None;
        // Stored under another epoch: it is made again, if it is still wanted.
        let lost = state.offer.take();
        self.inner.offered.store(false, Ordering::Relaxed);
        self.inner.settle(&mut state, epoch)?;
        let now = in_force(&state.force);
        drop(state);
        if let Some(offer) = lost {
            self.inner.tell(Message::Again(offer.requests));
        }
        self.inner.tell(Message::Led);
        Ok(now)
    }

    fn begun(&self, fitter: Fitter) {
        self.inner.state().fitter = Some(fitter);
    }

    fn next(&self, epoch: i64) -> Result<Option<service::Change>, StoreError> {
        if !self.inner.offered.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let mut state = self.inner.state();
        self.inner.offered.store(false, Ordering::Relaxed);
        let Some(mut offer) = state.offer.take() else { return Ok(None) };
        if offer.epoch != epoch {
            drop(state);
            self.inner.tell(Message::Again(offer.requests));
            return Ok(None);
        }
        let generation = offer.policy.generation;
        let setup = &self.inner.setup;
        let (gone, versions) = (&offer.gone, &offer.versions);
        let activated = setup.store.activate_generation(Some(epoch), generation, RULES, gone, versions);
        let activated = setup.runtime.block_on(activated);
        if let Ok(taken) = &activated
            && taken.iter().any(|taken| matches!(taken, TakeOver::Back { .. }))
        {
            // It stands where its state is from, which is not where the others are.
            offer.how = How::Restart;
        }
        if let Err(error) = activated {
            drop(state);
            tracing::warn!(generation, %error, "a new policy could not be brought into force; the old one stays");
            // What waiting does not mend must not end the evaluation.
            let passes = error.is_transient() || matches!(error, StoreError::Fenced);
            self.inner.tell(if passes {
                Message::Again(offer.requests)
            } else {
                Message::Lost(offer.requests)
            });
            return if passes { Err(error) } else { Ok(None) };
        }
        state.force = offer.policy.clone();
        let how = std::mem::replace(&mut offer.how, How::Restart);
        let change = service::Change { now: in_force(&state.force), how };
        state.awaited = Some(offer);
        Ok(Some(change))
    }

    fn changed(&self, done: Changed) {
        self.inner.tell(Message::Changed(done));
    }
}

fn in_force(policy: &Policy) -> InForce {
    InForce {
        generation: policy.generation,
        config: policy.config.clone(),
        plugins: policy.plugins.clone(),
        rules: policy.rules.clone(),
    }
}
