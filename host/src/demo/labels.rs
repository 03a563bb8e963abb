//! Labels of what was planted: attacks, and innocent episodes that look like them.
//!
//! Owns which records a label names. Does not own the form of `labels.json` (`eval::labels`) nor how an episode is made.

use model::Millis;
use model::finding::format_time;

use super::random::is_attack;
use super::recorder::{Output, World};
use super::spelling::uuid_text;
use crate::eval::{Label, Labels, Set};

/// A planted episode before its records are known.
#[derive(Debug)]
pub(super) struct Planted {
    pub(super) attack: bool,
    pub(super) kind: &'static str,
    pub(super) instance: u32,
    pub(super) which: Which,
    /// Those it is about, the main one first; others who own records of it are added.
    pub(super) users: Vec<u32>,
    pub(super) numbers: Vec<u64>,
    pub(super) note: String,
}

/// Which records belong to an episode.
#[derive(Debug)]
pub(super) enum Which {
    /// Those of a stream.
    Stream(u32),
    /// Those that a person owns, of calls in the period, but for those of attacks.
    Owner(u32, Millis, Millis),
}

/// Labels of what was planted.
pub(super) fn label(world: &World, output: &Output, planted: &[Planted], set: Set) -> Labels {
    let mut labels = Labels { set, ..Labels::default() };
    let places: Vec<Vec<usize>> = records_by_episode(output, planted);
    for (episode, legs) in planted.iter().zip(places) {
        let label = one(world, output, episode, &legs);
        if episode.attack { &mut labels.attacks } else { &mut labels.lookalikes }.push(label);
    }
    let by_time = |a: &Label, b: &Label| (&a.first, &a.id).cmp(&(&b.first, &b.id));
    labels.attacks.sort_by(by_time);
    labels.lookalikes.sort_by(by_time);
    labels
}

/// Indexes of legs by episode, in one pass over the legs.
fn records_by_episode(output: &Output, planted: &[Planted]) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); planted.len()];
    for (index, leg) in output.legs.iter().enumerate() {
        for (place, episode) in planted.iter().enumerate() {
            let belongs = match episode.which {
                Which::Stream(stream) => leg.stream == stream,
                Which::Owner(owner, from, to) => {
                    leg.owner == owner && (from..to).contains(&leg.start) && !is_attack(leg.stream)
                }
            };
            if belongs {
                places[place].push(index);
            }
        }
    }
    places
}

fn one(world: &World, output: &Output, episode: &Planted, legs: &[usize]) -> Label {
    let seed = world.organisation.seed;
    let mut records: Vec<(Millis, u128)> =
        legs.iter().map(|i| (output.legs[*i].start, output.legs[*i].record_id(seed))).collect();
    let mut users = episode.users.clone();
    for index in legs {
        let owner = output.legs[*index].owner;
        if matches!(episode.which, Which::Stream(_)) && !users.contains(&owner) {
            users.push(owner);
        }
    }
    if let Which::Stream(stream) = episode.which {
        let changes = output.changes.iter().filter(|c| c.stream == stream);
        records.extend(changes.map(|c| (c.at, c.record_id(seed))));
    }
    records.sort_unstable();
    let time = |record: Option<&(Millis, u128)>| record.map_or(String::new(), |(at, _)| format_time(*at));
    let side = if episode.attack { "attack" } else { "lookalike" };
    Label {
        id: format!("{side}-{}-{}", episode.kind, episode.instance + 1),
        kind: episode.kind.to_owned(),
        names: users.iter().map(|u| world.organisation.party(*u).name.clone()).collect(),
        users: users.iter().map(|u| uuid_text(world.organisation.party(*u).uuid)).collect(),
        numbers: episode.numbers.iter().map(|n| format!("+{n}")).collect(),
        first: time(records.first()),
        last: time(records.last()),
        records: records.iter().map(|(_, id)| uuid_text(*id)).collect(),
        note: episode.note.clone(),
    }
}
