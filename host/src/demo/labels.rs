//! What was planted: attacks, and innocent episodes that look like them.
//!
//! Owns the form of `labels.json`, which `eval` and others read. Does not own how an episode is made.

use model::Millis;
use model::finding::format_time;
use serde::{Deserialize, Serialize};

use super::random::is_attack;
use super::recorder::{Output, World};
use super::spelling::uuid_text;

/// All that was planted.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Labels {
    /// Seed, users, days and first day of the set.
    pub set: Set,
    /// To be found.
    pub attacks: Vec<Label>,
    /// Not to be found, or with low severity only.
    pub lookalikes: Vec<Label>,
}

/// The options that a set was made with.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Set {
    /// Seed of all chance.
    pub seed: u64,
    /// People in the organisation.
    pub users: u32,
    /// Length of the period.
    pub days: u32,
    /// First day.
    pub start: String,
    /// Distinct records.
    pub records: u64,
}

/// One planted episode.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Label {
    /// `attack-` or `lookalike-` with kind and number.
    pub id: String,
    /// Kind of episode, e.g. `toll-fraud-burst`.
    pub kind: String,
    /// UUIDs of those whose records they are.
    pub users: Vec<String>,
    /// Their names, in the same order. Some are hostile on purpose.
    pub names: Vec<String>,
    /// Numbers of the other side that matter, with `+`.
    pub numbers: Vec<String>,
    /// Start of the first event, RFC 3339 UTC.
    pub first: String,
    /// Start of the last.
    pub last: String,
    /// Identities of all records and events of the episode.
    pub records: Vec<String>,
    /// What happens, for people.
    pub note: String,
}

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
