//! What a checkpoint costs when all users were active and when one in a hundred was.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Event, FieldId, Name, NameTable, Number, RecordId};
use ringfence::directory::Directory;
use ringfence::engine::log::StoredState;
use ringfence::engine::spool::Chunk;
use ringfence::engine::{CHUNK_ROWS, Engine};
use ringfence::plugin::{Output, Services};
use ringfence::store::{Change, Checkpoint, StateWrite};

use super::{Bench, HOUR, judge};

const USERS: usize = 200_000;
/// One user in so many is active in a quiet round.
const QUIET: usize = 100;
/// Part of the cost of all users that one in a hundred may cost.
const MOST: f64 = 0.05;
const ROUNDS: usize = 3;
/// More than the chunks that wait before a worker: when the last of so many empty ones is accepted, all rows are evaluated.
const FLUSH_CHUNKS: usize = 8;
/// A Thursday, 22:00 in Madrid: outside business hours.
const EVENING: i64 = 1_773_349_200_000;

struct Made<'a> {
    bench: &'a Bench,
    engine: Engine,
    services: Services,
    users: Vec<Name>,
    location: Name,
    names_stored: usize,
    records: u64,
}

pub fn measure(bench: &Bench) -> bool {
    let mut connection = bench.handle.block_on(bench.server.connect());
    bench.empty(&mut connection);
    let names = Arc::new(NameTable::default());
    let users = (0..USERS).map(|u| names.intern(&format!("user-{u:06}")).unwrap()).collect();
    let services = Services {
        names: names.clone(),
        directory: Arc::new(Directory::from_config(&bench.config)),
        state: Arc::new(StoredState::new(bench.server.store.clone(), bench.handle.clone())),
    };
    let location = names.intern("Madrid").unwrap();
    let engine = Engine::start(&bench.plugins, None, &bench.config, &services, &bench.options(2)).unwrap();
    let mut made = Made { bench, engine, services, users, location, names_stored: 0, records: 0 };
    let mut at = EVENING;
    made.round(at, 1, "first");
    let (mut all, mut quiet) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        at += HOUR;
        all += made.round(at, 1, "all");
        at += HOUR;
        quiet += made.round(at, QUIET, "1 %");
    }
    made.engine.stop();
    judge("checkpoint, 1 % of 200,000 users / all", quiet.as_secs_f64() / all.as_secs_f64(), None, Some(MOST))
}

impl Made<'_> {
    /// One user in `step` makes calls at `at`, then a checkpoint: its time.
    fn round(&mut self, at: i64, step: usize, what: &str) -> Duration {
        let layout = self.engine.layout().clone();
        let mut chunk = Chunk::default();
        for index in (0..self.users.len()).step_by(step) {
            for forwarded in [false, true] {
                chunk.push_event(&layout, &self.event(index, at, forwarded));
                if chunk.len() == CHUNK_ROWS {
                    self.engine.push(std::mem::take(&mut chunk)).unwrap();
                }
            }
        }
        self.engine.push(chunk).unwrap();
        (0..FLUSH_CHUNKS).for_each(|_| self.engine.push(Chunk::default()).unwrap());
        let begun = Instant::now();
        let collected = self.engine.checkpoint().unwrap();
        let collecting = begun.elapsed();
        assert!(
            collected.quarantined.is_empty() && collected.parked.is_empty(),
            "{:?}",
            collected.quarantined
        );
        let mut keys: BTreeMap<String, usize> = BTreeMap::new();
        let state: Vec<StateWrite> = collected
            .state
            .into_iter()
            .map(|(plugin, change)| {
                *keys.entry(plugin.clone()).or_default() += 1;
                StateWrite { plugin, key: change.key, value: change.value, schema_version: 1 }
            })
            .collect();
        let findings = collected.outputs.into_iter().map(|output| match output {
            Output::Raise(finding) => Change::Raise(finding),
            Output::Withdraw { id } => Change::Withdraw { id },
        });
        let checkpoint = Checkpoint {
            findings: findings.collect(),
            state,
            names: self.services.names.since(self.names_stored),
            people: collected.people,
            generation: 1,
            ..Checkpoint::default()
        };
        let committed = self.bench.handle.block_on(self.bench.server.store.commit(&checkpoint)).unwrap();
        let took = begun.elapsed();
        self.names_stored += checkpoint.names.len();
        println!(
            "  {what:>5}: collecting {:.3} s, committing {:.3} s, {} new findings, late {}, keys {keys:?}",
            collecting.as_secs_f64(),
            (took - collecting).as_secs_f64(),
            committed.new,
            self.engine.late(),
        );
        took
    }

    fn event(&mut self, index: usize, at: i64, forwarded: bool) -> Event {
        self.records += 1;
        let start = at + index as i64 * 10;
        let mut event = Event::default();
        event.id = RecordId(u128::from(self.records));
        event.set_millis(FieldId::start_time, start);
        event.set_millis(FieldId::report_time, start + 60_000);
        event.set_name(FieldId::user, self.users[index]);
        event.set_name(FieldId::location, self.location);
        event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
        event.set_u32(FieldId::duration, 60);
        event.set_bool(FieldId::answered, true);
        event.set_phone(FieldId::called_number, Number::from_e164(34_600_000_000 + index as u64).unwrap());
        event.set_enum(FieldId::called_class, Name::known("mobile"));
        event.set_enum(FieldId::called_country, Name::known("ES"));
        if forwarded {
            event.set_phone(FieldId::redirecting_number, Number::from_e164(34_911_000_000).unwrap());
            event.set_enum(FieldId::redirect_reason, Name::known("CallForwardAlways"));
        }
        event
    }
}
