//! The demo's organisation as events, and the detectors.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use model::{Event, FieldId, FieldSet, NameTable};
use ringfence::config::{Config, PluginConfig};
use ringfence::demo::{Options, generate};
use ringfence::directory::Directory;
use ringfence::normalize::Record;
use ringfence::plugin::{Capability, Plugin, Runtime, builtins, load_all};
use ringfence::source::{Input, ReadOptions, Sink, SinkError, read_all};
use rules::RuleSet;

/// The allowed lateness.
pub const LATENESS: i64 = 24 * 3_600_000;

pub struct Organisation {
    /// Each once, by report time and identity.
    pub events: Vec<Event>,
    pub plugins: Vec<Plugin>,
    pub rules: Arc<RuleSet>,
    pub config: Config,
    pub names: Arc<NameTable>,
    pub directory: Arc<Directory>,
}

/// One for all cases: forty people, two weeks, eleven attacks.
pub static ORGANISATION: LazyLock<Organisation> = LazyLock::new(Organisation::make);

impl Organisation {
    fn make() -> Organisation {
        let demo = generate(&Options { seed: 5, users: 40, days: 14, ..Options::default() }).unwrap();
        let mut config = demo.config();
        let grant = Capability::ALL.into();
        config.plugins.insert("tally".to_owned(), PluginConfig { grant, ..PluginConfig::default() });
        // Compiled plugins are shared with other tests.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let runtime = Runtime::new(Some(&cache)).unwrap();
        let own = tempfile::tempdir().unwrap();
        std::fs::write(own.path().join("tally.wasm"), crate::build::component("tally")).unwrap();
        let (plugins, refused) = load_all(&runtime, builtins(), Some(own.path()), &config);
        assert!(refused.is_empty(), "{refused:?}");
        let names = Arc::new(NameTable::default());
        let directory = Arc::new(Directory::from_config(&config));
        let folder = tempfile::tempdir().unwrap();
        let feed = folder.path().join("feed.ndjson");
        demo.write_ndjson(std::fs::File::create(&feed).unwrap()).unwrap();
        let options = ReadOptions { wanted: FieldSet::ALL, strict: true, progress: None };
        let mut sinks = [Collected::default()];
        read_all(&[Input::File(feed)], &options, &names, &directory, &mut sinks).unwrap();
        let [Collected(mut events)] = sinks;
        events.sort_by_key(|event| (Organisation::times(event).1, event.id));
        events.dedup_by_key(|event| event.id);
        rename(&mut events, &names);
        Organisation { events, plugins, rules: super::rules::rules(), config, names, directory }
    }

    /// When it started, and when it was reported.
    pub fn times(event: &Event) -> (i64, i64) {
        (event.int(FieldId::start_time), event.int(FieldId::report_time))
    }
}

/// Half of the people get another name after some of their findings; others are called now this, now that.
fn rename(events: &mut [Event], names: &NameTable) {
    let wedding = Organisation::times(&events[events.len() * 85 / 100]).1;
    for event in events {
        let user = event.name(FieldId::user).0;
        let other = match user % 4 {
            _ if user == 0 => continue,
            0 | 2 => Organisation::times(event).1 > wedding,
            1 => event.id.0.count_ones() % 2 == 0,
            _ => false,
        };
        if other {
            event.set_name(FieldId::user_name, names.intern(&format!("Other name of {user}")).unwrap());
        }
    }
}

#[derive(Default)]
struct Collected(Vec<Event>);

impl Sink for Collected {
    fn event(&mut self, event: &Event, _: &Record<'_>) -> Result<(), SinkError> {
        self.0.push(event.clone());
        Ok(())
    }
}
