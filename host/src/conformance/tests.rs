use super::*;
use crate::plugin::{Runtime, builtins};

fn battery(id: &str, options: Options) -> Vec<Outcome> {
    let runtime = Runtime::new(None).unwrap();
    let builtin = builtins().iter().find(|b| b.name == id).unwrap();
    let plugin = runtime.load(builtin.name, builtin.bytes).unwrap();
    let settings = PluginConfig::default();
    let lab = Lab::new(&plugin, &settings, options, None).unwrap();
    lab.battery(|o| eprintln!("{id} {} {:?} {:?} {:?} {:.1}", o.check, o.verdict, o.compared, o.figures, o.seconds))
}

#[test]
fn kept_records_come_back() {
    let traffic = Traffic::make(3).unwrap();
    let some: Vec<Event> = traffic.events.iter().step_by(97).cloned().collect();
    let text = traffic::to_json(&some, &traffic.texts);
    let again = traffic.clone_without_events().with_records(&text).unwrap();
    assert!(some.len() > 20);
    assert_eq!(traffic::to_json(&again.events, &again.texts), text);
}

#[test]
fn try_all() {
    for b in builtins() {
        battery(b.name, Options { shrink: false, ..Options::default() });
    }
}
