//! Two databases that get the same deliveries: in one every process is left alone, in the other they are killed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::build;
use crate::dice::Dice;
use crate::proxy::{Action, At, Count, Trap};
use crate::server::{Server, temp};
use crate::site::{End, Site};
use crate::tally::Tally;
use crate::traffic::{self, Traffic};
use crate::wire::Phase;

/// Deliveries under kills; days with little traffic add some.
const PIECES: usize = 20;

/// Folder of the detector that counts, in the world's own.
const PLUGINS: &str = "plugins";

/// Of a hundred disturbances: connections cut instead of a kill, and kills that the server learns of late.
const CUTS: u64 = 10;
const LINGERING: u64 = 10;

/// Of a hundred kills: the next process waits for the dead one's lease to run out, which takes seconds.
const WAITS: u64 = 2;

/// Tries for one kill: a kill point that the process does not reach is no kill.
const TRIES_PER_KILL: usize = 4;

pub struct World {
    seed: u64,
    wanted: usize,
    at: String,
    dice: Dice,
    traffic: Traffic,
    quiet: Site,
    killed: Site,
    tally: Tally,
    _dir: tempfile::TempDir,
}

fn args(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

fn ingest(files: &[PathBuf]) -> Vec<String> {
    let files = files.iter().map(|f| f.to_str().unwrap().to_owned());
    std::iter::once("ingest".to_owned()).chain(files).collect()
}

impl World {
    pub fn new(server: &Arc<Server>, seed: u64, wanted: usize) -> World {
        let dir = temp();
        let traffic = traffic::make(seed, PIECES, dir.path());
        let plugins = dir.path().join(PLUGINS);
        std::fs::create_dir(&plugins).unwrap();
        std::fs::write(plugins.join("tally.wasm"), build::component("tally")).unwrap();
        let quiet = Site::new(server, &format!("quiet_{seed}"), dir.path());
        let killed = Site::new(server, &format!("killed_{seed}"), dir.path());
        World {
            seed,
            wanted,
            at: "the start".to_owned(),
            dice: Dice::new(seed),
            traffic,
            quiet,
            killed,
            tally: Tally::default(),
            _dir: dir,
        }
    }

    /// Delivers everything under `wanted` kills and compares.
    pub fn play(mut self) -> Tally {
        for index in 0..self.traffic.history.len() {
            let files = self.traffic.history[index].clone();
            self.at = format!("history {index}");
            self.both_quietly(&files);
        }
        let pieces = self.traffic.pieces.clone();
        for (index, files) in pieces.iter().enumerate() {
            let left = self.wanted.saturating_sub(self.tally.total());
            let share = left.div_ceil(pieces.len() - index);
            self.piece(index, files, share, index + 1 == pieces.len());
        }
        // What is missing is made up for with pieces that are there already.
        while self.tally.total() < self.wanted {
            let index = self.dice.below(pieces.len() as u64) as usize;
            self.piece(index, &pieces[index], 2, true);
        }
        self.at = "the comparison".to_owned();
        self.compare(&self.traffic.before.clone(), false);
        let tail = self.traffic.tail.clone();
        for files in &tail {
            self.at = "the days after".to_owned();
            self.both_quietly(files);
        }
        self.compare(&self.traffic.all.clone(), true);
        std::mem::take(&mut self.tally)
    }

    fn piece(&mut self, index: usize, files: &[PathBuf], share: usize, last: bool) {
        let ingest = ingest(files);
        self.at = format!("piece {index}, ingest");
        let learned = self.quiet.quiet(&ingest);
        let begun = self.tally.total();
        self.disturb(&ingest, &learned, share * 2 / 5);
        if self.dice.percent(25) {
            // Part of the piece may be evaluated before the rest is there.
            self.at = format!("piece {index}, run in the middle of it");
            let run = self.evaluate();
            self.finish(&run);
        }
        self.at = format!("piece {index}, ingest to its end");
        self.finish(&ingest);

        self.at = format!("piece {index}, run");
        let run = self.evaluate();
        let learned = self.quiet.quiet(&run);
        self.disturb(&run, &learned, share.saturating_sub(self.tally.total() - begun));
        if last || self.dice.percent(70) {
            self.at = format!("piece {index}, run to its end");
            let run = self.evaluate();
            self.finish(&run);
        }
    }

    /// `run` with some number of workers.
    fn evaluate(&mut self) -> Vec<String> {
        let workers = 1 + self.dice.below(5);
        args(&["run", "--until-idle", "--plugins", PLUGINS, "--workers", &workers.to_string()])
    }

    fn both_quietly(&mut self, files: &[PathBuf]) {
        for command in [ingest(files), self.evaluate()] {
            self.quiet.quiet(&command);
            self.finish(&command);
        }
    }

    fn finish(&mut self, command: &[String]) {
        let refused = self.killed.finish(command);
        self.tally.refused += refused;
        self.tally.processes += refused + 1;
    }

    /// Kills the command until it was killed `kills` times or comes to its end too often.
    fn disturb(&mut self, command: &[String], learned: &Count, kills: usize) {
        let wanted = self.tally.total() + kills;
        for _ in 0..kills * TRIES_PER_KILL {
            if self.tally.total() >= wanted {
                break;
            }
            let trap = self.trap(learned);
            self.tally.processes += 1;
            match self.killed.run(command, Some(trap)).0 {
                End::Killed(sprung) => {
                    self.tally.killed(sprung);
                    if self.dice.percent(WAITS) {
                        self.tally.waits += 1;
                    } else {
                        self.killed.ask(Server::free_lease);
                    }
                }
                End::Cut { code: 0, .. } => self.tally.cuts_survived += 1,
                End::Cut { .. } => self.tally.cuts_ended += 1,
                End::Itself(code) => {
                    self.tally.missed += 1;
                    self.tally.refused += usize::from(code != 0);
                    // Everything is evaluated: only the opening would be left to kill.
                    if code == 0 && command[0] == "run" {
                        break;
                    }
                }
            }
        }
    }

    /// Half of the kill points are uniform over all bytes, the others over the bytes of one phase, for a commit is short.
    fn trap(&mut self, learned: &Count) -> Trap {
        let dice = &mut self.dice;
        let at = if dice.percent(50) {
            At::Any(1 + dice.below(learned.total))
        } else {
            let seen: Vec<Phase> =
                Phase::ALL.into_iter().filter(|p| learned.phases[*p as usize] > 0).collect();
            let phase = seen[dice.below(seen.len() as u64) as usize];
            At::In(phase, 1 + dice.below(learned.phases[phase as usize]))
        };
        let action = match dice.below(100) {
            n if n < CUTS => Action::Cut,
            n if n < CUTS + LINGERING => Action::KillLingering,
            _ => Action::Kill,
        };
        Trap { at, action }
    }

    fn compare(&mut self, file: &Path, last: bool) {
        let scan = args(&["scan", "--plugins", PLUGINS, "--format", "ndjson", file.to_str().unwrap()]);
        let list = args(&["findings", "list", "--all", "--format", "ndjson"]);
        let (wanted, _) = self.quiet.findings(&scan);
        let ids = if last { &self.traffic.ids_all } else { &self.traffic.ids_before };
        for site in [&self.quiet, &self.killed] {
            let name = &site.database;
            site.ask(Server::wait_until_alone);
            // Sessions of the dead may have held back the end of the log.
            site.quiet(&args(&["run", "--until-idle", "--plugins", PLUGINS]));
            let records = site.ask(Server::records);
            let lost = ids.iter().filter(|id| !records.contains_key(id)).count();
            let doubled = records.values().filter(|count| **count != 1).count();
            assert_eq!((lost, doubled, records.len()), (0, 0, ids.len()), "{name}: lost, doubled, kept");
            assert_eq!(site.ask(Server::behind), Vec::<String>::new(), "{name}: cursors");
            assert_eq!(site.ask(Server::broken_revisions), Vec::<String>::new(), "{name}: revisions");
            let (found, withdrawn) = site.findings(&list);
            for (id, finding) in &wanted {
                assert_eq!(found.get(id), Some(finding), "{name}: a finding of the scan");
            }
            let extra: Vec<_> = found.iter().filter(|(id, _)| !wanted.contains_key(*id)).collect();
            assert!(extra.is_empty(), "{name}: the scan does not have {extra:?}");
            let taken_back = withdrawn.keys().filter(|id| wanted.contains_key(*id)).count();
            assert_eq!(taken_back, 0, "{name}: findings of the scan that were withdrawn");
        }
        if last {
            (self.tally.revisions, self.tally.withdrawn) = self.killed.ask(Server::effort);
            for finding in wanted.values() {
                let detector = finding["detector"].as_str().unwrap().to_owned();
                *self.tally.findings.entry(detector).or_default() += 1;
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "failed at {}; repeat with RINGFENCE_SEED={} RINGFENCE_KILLS={}; the last process said:\n{}",
                self.at,
                self.seed,
                self.wanted,
                self.killed.said()
            );
        }
    }
}
