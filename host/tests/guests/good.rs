//! The well-behaved guest: values both ways, state through a checkpoint and a new instance.

use std::sync::Arc;

use model::finding::attribute::Value;
use model::{Finding, NameTable};
use ringfence::plugin::{Cause, Instance, Output, Plugin, Services, StateChange};
use serde_json::json;

use super::setup::{Memory, call, load, services, settings};

/// A running `good` guest that is fed one call at a time.
pub struct Probe {
    instance: Instance,
    names: Arc<NameTable>,
    fed: u128,
}

impl Probe {
    pub fn start(plugin: &Plugin) -> Probe {
        Probe::start_with(plugin, &services(Arc::default()))
    }

    fn start_with(plugin: &Plugin, services: &Services) -> Probe {
        let instance = plugin.instantiate(services, &settings(), 4).unwrap();
        Probe { instance, names: services.names.clone(), fed: 0 }
    }

    fn feed(&mut self) -> Finding {
        self.fed += 1;
        let mut batch = self.instance.plugin().batch();
        batch.horizon = 99;
        batch.push(&call(&self.names, self.fed));
        let mut outputs = self.instance.process(&batch).unwrap();
        assert_eq!(outputs.len(), 1);
        match outputs.remove(0) {
            Output::Raise(finding) => *finding,
            Output::Withdraw { .. } => panic!("a withdrawal"),
        }
    }

    /// It answers, and has forgotten nothing.
    pub fn works(&mut self) {
        let finding = self.feed();
        assert_eq!(finding.attributes["count"], Value::Int(self.fed as i64));
    }
}

#[test]
fn values_cross_both_ways() {
    let plugin = load("good").unwrap();
    let finding = Probe::start(&plugin).feed();
    assert_eq!(finding.subject.id, "alice");
    assert_eq!((finding.first_event, finding.score), (1_780_000_000_001, 0.75));
    assert_eq!(finding.evidence, [model::RecordId(1)]);
    assert_eq!(finding.explanation, [r#"{"fail":false,"greeting":"hello"}"#, "67108864"]);
    assert_eq!(finding.provenance.generation, 4);
    assert_eq!(finding.provenance.digest, plugin.digest());
    let expected = [
        ("called", Value::Text("+34911234567".to_owned())),
        ("location", Value::Text("Madrid".to_owned())),
        ("ours", Value::Bool(true)),
        ("ours_too", Value::Bool(true)),
        ("offset", Value::Int(120)),
        ("hours", Value::Int(2)),
        ("holidays", Value::Int(3)),
        ("count", Value::Int(1)),
        ("horizon", Value::Int(99)),
    ];
    for (key, value) in expected {
        assert_eq!(finding.attributes[key], value, "{key}");
    }
}

#[test]
fn state_survives_in_the_store_and_nowhere_else() {
    let plugin = load("good").unwrap();
    let state = Arc::new(Memory::default());
    let services = services(state.clone());
    let mut probe = Probe::start_with(&plugin, &services);
    probe.works();
    probe.works();
    let changes = probe.instance.checkpoint().unwrap();
    let expected = [
        StateChange { key: "alice".to_owned(), value: Some(2u32.to_le_bytes().to_vec()) },
        StateChange { key: "gone".to_owned(), value: None },
    ];
    assert_eq!(changes, expected);
    for change in changes {
        if let Some(value) = change.value {
            state.0.lock().unwrap().insert(("good".to_owned(), change.key), value);
        }
    }
    probe.instance.committed();
    probe.works();
    // The third call was after the checkpoint: a new instance has not seen it.
    let finding = Probe::start_with(&plugin, &services).feed();
    assert_eq!(finding.attributes["count"], Value::Int(3));
}

#[test]
fn instances_of_one_plugin_run_beside_each_other() {
    let plugin = load("good").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut probe = Probe::start(&plugin);
                (0..50).for_each(|_| probe.works());
            });
        }
    });
}

#[test]
fn a_wrong_batch_is_the_hosts_mistake_and_kills_nothing() {
    let plugin = load("good").unwrap();
    let mut probe = Probe::start(&plugin);
    let other = load("empty").unwrap().batch();
    assert!(matches!(probe.instance.process(&other).unwrap_err().cause, Cause::Host(_)));
    probe.works();
}

#[test]
fn settings_are_checked_by_the_host_and_then_by_the_plugin() {
    let plugin = load("good").unwrap();
    let services = services(Arc::default());
    let start = |config| {
        let mut settings = settings();
        settings.config = config;
        plugin.instantiate(&services, &settings, 1).unwrap_err().to_string()
    };
    let message = start(json!({"greetings": "hi"}));
    assert!(
        message.contains("plugin good 1.2.3: configure: ") && message.contains("did you mean greeting"),
        "{message}"
    );
    assert!(start(json!({"fail": true})).contains("invalid settings: fail: is true"));
}
