//! Worker threads: each holds one instance of every detector and the keys that hash to it.
//!
//! Owns the threads and their queues. Every worker sees every chunk and takes its share, so results do not depend on
//! the number of workers: a key's rows all meet in one place, in order.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use model::Millis;
use rules::evaluator::Cost;
use rules::{RuleFailure, RuleSet};

use super::LeftOut;
use super::detector::{Detector, Step, Usage};
use super::layout::Layout;
use super::rule_share::RuleShare;
use super::spool::Chunk;
use crate::store::RULES;

/// Chunks waiting before a worker; with [`super::CHUNK_ROWS`] rows of about 110 bytes this is some 4 MB.
const QUEUE_CHUNKS: usize = 4;

/// Watermark of a row that came too late: no detector sees it.
pub const LATE: Millis = Millis::MAX;

/// Rows in order, with the watermark before each.
#[derive(Debug, Default)]
pub struct Work {
    /// The rows.
    pub chunk: Chunk,
    /// Watermark before each row, or [`LATE`].
    pub watermarks: Vec<Millis>,
    /// The only detector that gets the rows; none is all.
    pub only: Option<String>,
    /// Records to keep from detectors.
    pub left_out: Option<Arc<LeftOut>>,
}

enum Order {
    Take(Arc<Work>),
    Retire(String),
    Checkpoint(Sender<Vec<Report>>),
    Swap(Box<Swap>, Sender<Vec<Detector>>),
    Measure,
}

/// What a worker goes on with.
pub struct Swap {
    /// Form of the rows from now on.
    pub layout: Arc<Layout>,
    /// Other rules; none leaves them.
    pub rules: Option<Arc<RuleSet>>,
    /// Detectors to put in, in the place of those of the same id.
    pub detectors: Vec<Detector>,
    /// Ids of detectors to take out.
    pub gone: Arc<[String]>,
    /// The watermark, for detectors that are new here.
    pub watermark: Millis,
}

/// What one detector on one worker reports at a checkpoint.
#[derive(Debug)]
pub struct Report {
    /// The detector.
    pub detector: String,
    /// What happened since the last checkpoint.
    pub step: Step,
    /// What it did since the start.
    pub usage: Usage,
    /// Why it does not run any more.
    pub quarantined: Option<String>,
    /// Stored state could not be read: nothing since the last checkpoint counts, for no detector.
    pub unavailable: Option<String>,
    /// Memory of its instance, bytes.
    pub memory: u64,
    /// Scripts of rules that failed since the last checkpoint.
    pub failures: Vec<RuleFailure>,
    /// What each detection of the rules cost since they began.
    pub costs: Vec<Cost>,
}

/// A running worker.
pub struct Worker {
    orders: SyncSender<Order>,
    thread: JoinHandle<()>,
}

/// The worker thread ended on its own: a defect of ours.
#[derive(Debug, thiserror::Error)]
#[error("a worker thread ended unexpectedly")]
pub struct WorkerGone;

impl Worker {
    /// Starts worker `index` of `count`.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(
        index: usize,
        count: usize,
        layout: Arc<Layout>,
        detectors: Vec<Detector>,
        rules: Option<RuleShare>,
    ) -> std::io::Result<Worker> {
        let (orders, queue) = sync_channel(QUEUE_CHUNKS);
        let thread = std::thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || Bench { index, count, layout, detectors, rules }.work(&queue))?;
        Ok(Worker { orders, thread })
    }

    /// Hands work over; waits while the queue is full.
    ///
    /// # Errors
    /// When the thread is gone.
    pub fn take(&self, work: Arc<Work>) -> Result<(), WorkerGone> {
        self.orders.send(Order::Take(work)).map_err(|_| WorkerGone)
    }

    /// Asks for a checkpoint; the answer comes when all work handed over before is done.
    ///
    /// # Errors
    /// When the thread is gone.
    pub fn checkpoint(&self) -> Result<Receiver<Vec<Report>>, WorkerGone> {
        let (answer, receiver) = channel();
        self.orders.send(Order::Checkpoint(answer)).map_err(|_| WorkerGone)?;
        Ok(receiver)
    }

    /// Goes on with other rules and detectors, and with rows of another form; the answer comes when that is done, and holds the
    /// detectors that were taken out: freeing them is not the worker's business. Right after a checkpoint only: rows handed over
    /// before are read by the old form.
    ///
    /// # Errors
    /// When the thread is gone.
    pub fn swap(&self, swap: Swap) -> Result<Receiver<Vec<Detector>>, WorkerGone> {
        let (answer, receiver) = channel();
        self.orders.send(Order::Swap(Box::new(swap), answer)).map_err(|_| WorkerGone)?;
        Ok(receiver)
    }

    /// From now on times each rule by itself.
    ///
    /// # Errors
    /// When the thread is gone.
    pub fn measure(&self) -> Result<(), WorkerGone> {
        self.orders.send(Order::Measure).map_err(|_| WorkerGone)
    }

    /// Ends a detector.
    ///
    /// # Errors
    /// When the thread is gone.
    pub fn retire(&self, detector: &str) -> Result<(), WorkerGone> {
        self.orders.send(Order::Retire(detector.to_owned())).map_err(|_| WorkerGone)
    }

    /// Waits for the thread to end.
    pub fn stop(self) {
        drop(self.orders);
        if self.thread.join().is_err() {
            tracing::error!("a worker thread panicked");
        }
    }
}

/// What a worker's thread has.
struct Bench {
    index: usize,
    count: usize,
    layout: Arc<Layout>,
    detectors: Vec<Detector>,
    rules: Option<RuleShare>,
}

impl Bench {
    fn work(mut self, queue: &Receiver<Order>) {
        while let Ok(order) = queue.recv() {
            match order {
                Order::Take(work) => {
                    for detector in &mut self.detectors {
                        detector.take(&self.layout, &work, self.index, self.count);
                    }
                    if let Some(rules) = &mut self.rules {
                        rules.take(&self.layout, &work);
                    }
                }
                Order::Retire(id) => self.detectors.retain(|detector| detector.id() != id),
                Order::Checkpoint(answer) => {
                    // The engine may have given up waiting; then nobody needs the answer.
                    let _ = answer.send(self.checkpoint());
                }
                Order::Swap(swap, answer) => {
                    let _ = answer.send(self.swap(*swap));
                }
                Order::Measure => {
                    if let Some(rules) = &mut self.rules {
                        rules.measure();
                    }
                }
            }
        }
    }

    /// The detectors that were taken out.
    fn swap(&mut self, swap: Swap) -> Vec<Detector> {
        self.layout = swap.layout;
        if let (Some(rules), Some(set)) = (&mut self.rules, swap.rules) {
            rules.swap(set);
        }
        let gone = |detector: &mut Detector| swap.gone.iter().any(|id| id == detector.id());
        let mut out: Vec<Detector> = self.detectors.extract_if(.., gone).collect();
        for mut detector in swap.detectors {
            let place = self.detectors.iter_mut().find(|d| d.id() == detector.id());
            detector.follow(place.as_deref(), swap.watermark);
            match place {
                Some(place) => out.push(std::mem::replace(place, detector)),
                None => self.detectors.push(detector),
            }
        }
        out
    }

    fn checkpoint(&mut self) -> Vec<Report> {
        let layout = &self.layout;
        let of_detectors = self.detectors.iter_mut().map(|detector| Report {
            step: detector.checkpoint(layout),
            detector: detector.id().to_owned(),
            usage: detector.usage.clone(),
            quarantined: detector.quarantined.clone(),
            unavailable: detector.unavailable.clone(),
            memory: detector.memory(),
            failures: Vec::new(),
            costs: Vec::new(),
        });
        let of_rules = self.rules.as_mut().map(|rules| {
            let (step, failures) = rules.checkpoint();
            Report {
                step,
                detector: RULES.to_owned(),
                usage: rules.usage.clone(),
                quarantined: None,
                unavailable: rules.unavailable.clone(),
                memory: 0,
                failures,
                costs: rules.costs().to_vec(),
            }
        });
        of_detectors.chain(of_rules).collect()
    }
}
