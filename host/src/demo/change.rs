//! Events that are not calls: forwarding changes, sign-ins, resets of passwords.
//!
//! Owns their form as JSON. Does not own when they happen.

use model::Millis;
use model::finding::format_time;
use serde_json::{Map, Value};

use super::organisation::Organisation;
use super::random::{hash, uuid};
use super::sites::SITES;
use super::spelling::uuid_text;

/// What happened.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Forwarding always was set to a number, or taken away.
    Forwarding {
        from: Option<u64>,
        to: Option<u64>,
    },
    SignIn {
        success: bool,
        ip: String,
        agent: &'static str,
    },
    /// Somebody's password or sessions were reset.
    Reset {
        ip: String,
        text: &'static str,
    },
}

/// How audit events tell of a reset.
pub(super) const RESETS: [&str; 4] = [
    "User's password was reset by an Admin.",
    "User requested a password reset.",
    "User's token was revoked by an Admin.",
    "User was updated: password changed",
];

/// One such event.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) stream: u32,
    pub(super) serial: u32,
    pub(super) at: Millis,
    pub(super) person: u32,
    /// Who did it, if not the person.
    pub(super) actor: Option<u32>,
    pub(super) what: What,
}

const SALT_CHANGE: u64 = 31;

impl Change {
    pub(super) fn new(at: Millis, person: u32, what: What) -> Change {
        Change { stream: 0, serial: 0, at, person, actor: None, what }
    }

    /// The same, done by somebody else.
    pub(super) fn by(self, actor: u32) -> Change {
        Change { actor: Some(actor), ..self }
    }

    pub(super) fn record_id(&self, seed: u64) -> u128 {
        uuid(seed, SALT_CHANGE, self.stream, self.serial)
    }

    /// When it reaches us: within a minute.
    pub(super) fn delivered(&self, seed: u64) -> Millis {
        self.at + 2_000 + (hash(seed, SALT_CHANGE, self.stream, self.serial) % 50_000) as Millis
    }

    /// As a JSON object, the form in which such events are ingested.
    pub(super) fn to_json(&self, organisation: &Organisation) -> Value {
        let party = organisation.party(self.person);
        let mail = format!("u{:05}@example.org", self.person);
        let mut object = Map::new();
        let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
        let kind = match self.what {
            What::Forwarding { .. } => "forwarding-change",
            What::SignIn { .. } => "sign-in",
            What::Reset { .. } => "admin-change",
        };
        set("event", kind.into());
        set("Report ID", uuid_text(self.record_id(organisation.seed)).into());
        set("Start time", format_time(self.at).into());
        set("Org UUID", uuid_text(organisation.uuid).into());
        set("User UUID", uuid_text(party.uuid).into());
        set("User", party.name.clone().into());
        set("User number", format!("+{}", party.number).into());
        set("Location", SITES[party.site].name.into());
        // People act for themselves; whoever has stolen an account acts as its owner.
        let actor = organisation.party(self.actor.unwrap_or(self.person));
        set("actor", uuid_text(actor.uuid).into());
        let number = |n: Option<u64>| Value::from(n.map_or(String::new(), |n| format!("+{n}")));
        match &self.what {
            What::Forwarding { from, to } => {
                set("mode", "always".into());
                set("enabled", to.is_some().into());
                set("from", number(*from));
                set("to", number(*to));
            }
            What::SignIn { success, ip, agent } => {
                set("actor ip", ip.clone().into());
                set("actor user agent", (*agent).into());
                set("category", "LOGINS".into());
                let result = if *success { "SUCCESS" } else { "FAILURE" };
                set("description", format!("User Login Attempted. Login status: {result}").into());
                set("target", mail.into());
                set("target type", "USER".into());
                set("success", (*success).into());
            }
            What::Reset { ip, text } => {
                set("actor ip", ip.clone().into());
                set("category", "USERS".into());
                set("description", (*text).into());
                set("target", mail.into());
                set("target type", "USER".into());
                set("success", true.into());
            }
        }
        Value::Object(object)
    }
}
