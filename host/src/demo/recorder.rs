//! Puts calls down as legs: one for calls over the PSTN, two for internal ones, more for forwarded ones.
//!
//! Owns identities within a stream and which legs a kind of call has (reference/webex.md, section 3.7). Does not own
//! when and why somebody calls.

use model::Millis;

use super::calendar::{Calendar, MINUTE, SECOND};
use super::change::Change;
use super::leg::{Direction, Leg, NONE, Outcome, Peer, Service};
use super::organisation::{Organisation, PartyKind};
use super::random::Dice;

/// What everything is generated from.
#[derive(Debug)]
pub(super) struct World {
    pub(super) organisation: Organisation,
    pub(super) calendar: Calendar,
}

/// What has been generated.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) legs: Vec<Leg>,
    pub(super) changes: Vec<Change>,
}

/// Ring and talk of one call in milliseconds, and how it ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) ring: u32,
    pub(super) talk: u32,
    pub(super) outcome: Outcome,
}

impl Shape {
    pub(super) fn answered(ring: Millis, talk: Millis) -> Shape {
        Shape { ring: ring as u32, talk: talk as u32, outcome: Outcome::Answered }
    }

    pub(super) fn unanswered(ring: Millis) -> Shape {
        Shape { ring: ring as u32, talk: 0, outcome: Outcome::NoAnswer }
    }

    pub(super) fn ended(outcome: Outcome) -> Shape {
        Shape { ring: 0, talk: 0, outcome }
    }

    /// An ordinary call: `answer_share` are answered, lengths as observed (reference/webex.md, section 3.8),
    /// `stretch` times as long.
    pub(super) fn ordinary(dice: &mut Dice, answer_share: f64, stretch: f64) -> Shape {
        let ring = dice.between_quantiles(&[
            (0.0, 0.2),
            (0.5, 1.6),
            (0.75, 9.0),
            (0.9, 24.0),
            (0.99, 38.0),
            (1.0, 60.0),
        ]);
        if dice.chance(answer_share) {
            // The first 2.5 % are released within the second they are answered in: answered, duration 0.
            let talk = dice.between_quantiles(&[
                (0.0, 0.0),
                (0.025, 1.0),
                (0.1, 2.0),
                (0.25, 4.0),
                (0.5, 9.0),
                (0.75, 60.0),
                (0.9, 269.0),
                (0.99, 661.0),
                (1.0, 3600.0),
            ]);
            let talk = if talk < 1.0 { talk } else { 1.0 + (talk - 1.0) * stretch };
            return Shape::answered((ring * 1000.0) as Millis, (talk * 1000.0) as Millis);
        }
        let ring = ring + 6.0 + 14.0 * dice.unit();
        let outcome = match dice.below(20) {
            0 => Outcome::Busy,
            1 => Outcome::Rejected,
            2 => Outcome::Unavailable,
            _ => Outcome::NoAnswer,
        };
        let ring = if outcome == Outcome::NoAnswer { ring } else { 0.4 };
        Shape { ring: (ring * 1000.0) as u32, talk: 0, outcome }
    }
}

/// Writes down the calls of one stream.
pub(super) struct Recorder<'a> {
    pub(super) world: &'a World,
    pub(super) dice: Dice,
    pub(super) stream: u32,
    next_leg: u32,
    next_call: u32,
    next_change: u32,
    out: &'a mut Output,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(world: &'a World, stream: u32, out: &'a mut Output) -> Recorder<'a> {
        let dice = Dice::new(world.organisation.seed, stream);
        Recorder { world, dice, stream, next_leg: 0, next_call: 0, next_change: 0, out }
    }

    fn call(&mut self) -> u32 {
        self.next_call += 1;
        self.next_call - 1
    }

    fn push(&mut self, leg: Leg) -> u32 {
        self.next_leg += 1;
        self.out.legs.push(leg);
        self.next_leg - 1
    }

    fn leg(&self, call: u32, owner: u32, direction: Direction, at: Millis, peer: Peer, shape: Shape) -> Leg {
        Leg {
            start: at,
            stream: self.stream,
            serial: self.next_leg,
            call,
            owner,
            device: self.world.organisation.party(owner).devices.0,
            peer,
            redirected_by: NONE,
            caller: 0,
            other_side: NONE,
            related: NONE,
            ring: shape.ring,
            talk: shape.talk,
            hold: 0,
            direction,
            outcome: shape.outcome,
            service: Service::None,
            key: 0,
        }
    }

    /// The device somebody happens to use: mostly the first.
    pub(super) fn some_device(&mut self, person: u32) -> u32 {
        let (first, count) = self.world.organisation.party(person).devices;
        if count > 1 && self.dice.chance(0.3) {
            first + 1 + self.dice.below(u64::from(count) - 1) as u32
        } else {
            first
        }
    }

    /// Somebody calls out.
    pub(super) fn outbound(&mut self, person: u32, device: u32, at: Millis, to: Peer, shape: Shape) {
        let call = self.call();
        let mut leg = self.leg(call, person, Direction::Originating, at, to, shape);
        leg.device = device;
        if leg.talk > 120_000 && self.dice.chance(0.1) {
            leg.hold = (leg.talk / 1000 / 8) as u16;
        }
        self.push(leg);
    }

    /// Somebody is called from outside.
    pub(super) fn inbound(&mut self, person: u32, at: Millis, from: u64, shape: Shape) {
        let call = self.call();
        let device = self.some_device(person);
        let mut leg = self.leg(call, person, Direction::Terminating, at, Peer::Outside(from), shape);
        leg.device = device;
        if shape.outcome == Outcome::NoAnswer && shape.ring > 18_000 {
            leg.service = Service::VoiceMail;
        }
        self.push(leg);
    }

    /// One calls another inside: the two sides of one leg.
    pub(super) fn internal(&mut self, from: u32, to: u32, at: Millis, shape: Shape) {
        let call = self.call();
        let (device, other) = (self.some_device(from), self.some_device(to));
        let mut leg = self.leg(call, from, Direction::Originating, at, Peer::Party(to), shape);
        leg.device = device;
        leg.other_side = self.next_leg + 1;
        let first = self.push(leg);
        let mut leg = self.leg(call, to, Direction::Terminating, at + 40, Peer::Party(from), shape);
        leg.device = other;
        leg.other_side = first;
        leg.ring = leg.ring.saturating_sub(40);
        self.push(leg);
    }

    /// An outside call to somebody that is redirected to an outside number: the called side, and the way out again.
    pub(super) fn forwarded(
        &mut self,
        party: u32,
        at: Millis,
        from: u64,
        to: u64,
        shape: Shape,
        service: Service,
    ) {
        let call = self.call();
        let mut leg = self.leg(call, party, Direction::Terminating, at, Peer::Outside(from), shape);
        leg.service = service;
        let first = self.push(leg);
        let mut leg = self.leg(call, party, Direction::Originating, at + 120, Peer::Outside(to), shape);
        leg.ring = leg.ring.saturating_sub(120);
        leg.service = service;
        leg.redirected_by = party;
        leg.caller = from;
        leg.related = first;
        self.push(leg);
    }

    /// A call to a queue or hunt group: the group's own record, one for each agent rung, the last of whom may answer.
    pub(super) fn distributed(&mut self, group: u32, at: Millis, from: u64, agents: &[u32], shape: Shape) {
        let call = self.call();
        let kind = self.world.organisation.party(group).kind;
        let service = if kind == PartyKind::Queue { Service::Queue } else { Service::HuntGroup };
        let each = i64::from(shape.ring) / agents.len().max(1) as i64;
        let first = self.push(Leg {
            service,
            ..self.leg(call, group, Direction::Terminating, at, Peer::Outside(from), shape)
        });
        for (place, agent) in agents.iter().enumerate() {
            let last = place + 1 == agents.len();
            let share = if last && shape.outcome == Outcome::Answered {
                Shape { ring: each as u32, ..shape }
            } else {
                Shape::unanswered(each.max(1))
            };
            let device = self.some_device(*agent);
            let rung = at + 200 + each * place as Millis;
            let mut leg = self.leg(call, *agent, Direction::Terminating, rung, Peer::Outside(from), share);
            leg.ring = leg.ring.saturating_sub(if last { 200 } else { 0 });
            leg.device = device;
            leg.service = if share.outcome == Outcome::Answered || shape.outcome != Outcome::Answered {
                service
            } else {
                Service::Elsewhere
            };
            leg.redirected_by = group;
            leg.related = first;
            self.push(leg);
        }
    }

    /// A call to an attendant. `onward` is who it is put through to, after the key was pressed.
    pub(super) fn attended(
        &mut self,
        attendant: u32,
        at: Millis,
        from: u64,
        menu: Millis,
        key: u8,
        onward: Option<(Peer, Shape)>,
    ) {
        let call = self.call();
        let talk = menu + onward.map_or(0, |(_, s)| Millis::from(s.ring + s.talk));
        let mut leg = self.leg(
            call,
            attendant,
            Direction::Terminating,
            at,
            Peer::Outside(from),
            Shape::answered(300, talk),
        );
        leg.key = key;
        let first = self.push(leg);
        let Some((peer, shape)) = onward else { return };
        let then = at + 300 + menu;
        let mut leg = match peer {
            Peer::Party(person) => {
                self.leg(call, person, Direction::Terminating, then, Peer::Outside(from), shape)
            }
            out => {
                Leg { caller: from, ..self.leg(call, attendant, Direction::Originating, then, out, shape) }
            }
        };
        leg.service = Service::Deflection;
        leg.redirected_by = attendant;
        leg.related = first;
        self.push(leg);
    }

    /// A flood's call that gets no further than busy.
    pub(super) fn refused(&mut self, party: u32, at: Millis, from: u64, outcome: Outcome) {
        let call = self.call();
        let leg =
            self.leg(call, party, Direction::Terminating, at, Peer::Outside(from), Shape::ended(outcome));
        self.push(leg);
    }

    /// Something other than a call.
    pub(super) fn change(&mut self, change: Change) {
        let change = Change { stream: self.stream, serial: self.next_change, ..change };
        self.next_change += 1;
        self.out.changes.push(change);
    }

    /// UTC of a local time at the person's site: day, hour and minute with a random second.
    pub(super) fn at(&mut self, person: u32, day: u32, hour: i64, minute: i64) -> Millis {
        let site = self.world.organisation.party(person).site;
        let second = self.dice.between(0, 59_999);
        self.world.calendar.utc(site, day, (hour * 60 + minute) * MINUTE + second)
    }

    /// Seconds as milliseconds, drawn evenly.
    pub(super) fn seconds(&mut self, from: i64, to: i64) -> Millis {
        self.dice.between(from * SECOND, to * SECOND)
    }
}
