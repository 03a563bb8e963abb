//! Forwarding to outside numbers: changes of the setting, and calls redirected out.
//!
//! Two kinds of finding: `forwarding-change`, which takes in the calls forwarded in the hours after it, and `forwarded-calls` where no change is
//! known. Owns settings and the fold; what a row says is `select`'s, how bad it is `judge`'s. The order of events and the
//! findings' life are the SDK's.

mod habits;
mod hand;
mod judge;
mod memory;
mod report;
mod select;
mod switch;
mod words;

use memory::State;
use report::Facts;
use ringfence_sdk::calendar::day_of;
use ringfence_sdk::{
    Detector, Episode, Episodes, HOUR, Millis, Name, Now, Number, OncePerDay, Report, Row, Subject,
};
use select::OncePerCountry;
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(CallForwarding, "plugin.toml");

/// Settings; `plugin.toml` says what they mean.
#[allow(missing_docs, reason = "plugin.toml documents each setting")]
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub warm_days: i32,
    pub forget_days: i32,
    pub usual_days: u16,
    pub country_days: u16,
    pub organisation_days: u16,
    pub organisation_users: usize,
    pub abroad_hour: usize,
    pub abroad_hour_critical: usize,
    pub abroad_talk_minutes: u64,
    pub national_hour: usize,
    pub national_outside: u16,
    pub usual_factor: f64,
    pub follow_hours: i64,
    pub off_hours: i64,
    pub before_hours: i64,
    pub failed_sign_ins: usize,
    pub margin_minutes: i64,
    pub night_from: u16,
    pub night_to: u16,
    pub codes: Vec<String>,
    pub off_codes: Vec<String>,
    pub reset_words: Vec<String>,
    pub forward_words: Vec<String>,
}

/// How dangerous a destination is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// Inside, toll-free, or not known.
    #[default]
    Harmless,
    /// Within the country.
    National,
    /// Abroad.
    International,
    /// Premium-rate or satellite.
    Premium,
}

/// Whose hand made a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hand {
    /// The record does not say, or says it in a form that cannot be compared.
    #[default]
    Unclear,
    /// The owner's.
    Own,
    /// Somebody else's.
    Other,
}

/// Who owns a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// A person, or a workspace's telephone.
    #[default]
    Person,
    /// A queue, a hunt group: calls come in by the dozen.
    Group,
    /// An attendant or voicemail: it calls nobody on its own account.
    Machine,
}

/// A call that went out again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Leg {
    /// Where to.
    pub number: Number,
    /// Its country.
    pub country: Name,
    /// Its class.
    pub class: Class,
    /// Talked.
    pub seconds: u32,
    /// Transferred by a person or a service, not forwarded by a setting.
    pub transfer: bool,
    /// Whose line.
    pub owner: Owner,
    /// Outside business hours.
    pub outside: bool,
}

/// Forwarding was switched on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Where to; absent if the event does not say.
    pub to: Number,
    /// Its country.
    pub country: Name,
    /// Its class.
    pub class: Class,
    /// Where it went before.
    pub from: Number,
    /// Always, busy and so on.
    pub mode: Name,
    /// The feature code dialled, if that is how it is known.
    pub code: Number,
    /// Outside business hours.
    pub outside: bool,
    /// Minutes to add for local time.
    pub offset: i16,
    /// Who did it, as far as the event tells.
    pub hand: Hand,
    /// The same by name.
    pub actor: Name,
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum What {
    /// The user was seen.
    Seen,
    /// The user called a country abroad on their own account.
    Called(Name),
    /// A sign-in succeeded: under these names.
    SignedIn([Name; 2]),
    /// A sign-in failed.
    Failed,
    /// Credentials were changed; which of the setting's words said so, and who did it.
    Reset(u8, Name),
    /// A call was sent out again.
    Forwarded(Leg),
    /// Forwarding was switched on.
    Switched(Box<Change>),
    /// Forwarding to outside numbers was switched off; minutes to add for local time.
    Off(i16),
}

/// The detector.
#[derive(Debug)]
pub struct CallForwarding {
    config: Config,
    seen: OncePerDay,
    called: OncePerCountry,
}

/// Longest list in a setting: it is walked for each feature code and audit event.
const MAX_LIST: usize = 64;

impl Detector for CallForwarding {
    type Config = Config;
    type Event = What;
    type State = State;
    type Facts = Facts;
    type Habits = habits::Countries;

    const STATE_SCHEMA: u8 = 2;

    fn new(config: Config) -> Result<Self, String> {
        let lists = [
            ("codes", &config.codes),
            ("off_codes", &config.off_codes),
            ("reset_words", &config.reset_words),
            ("forward_words", &config.forward_words),
        ];
        if let Some((name, list)) = lists.iter().find(|(_, list)| list.len() > MAX_LIST) {
            return Err(format!(
                "setting '{name}' has {} entries: at most {MAX_LIST} are allowed",
                list.len()
            ));
        }
        for (name, list) in &lists[..2] {
            if let Some(code) = list.iter().find(|c| !select::is_code(c)) {
                return Err(format!(
                    "setting '{name}': '{code}' is no feature code: begin it with * or # and use only digits, * and #"
                ));
            }
        }
        if config.organisation_users > habits::CALLERS {
            return Err(format!("setting 'organisation_users' must not be above {}", habits::CALLERS));
        }
        if config.abroad_hour > config.abroad_hour_critical {
            return Err("setting 'abroad_hour_critical' must not be below 'abroad_hour'".to_owned());
        }
        Ok(CallForwarding { config, seen: OncePerDay::default(), called: OncePerCountry::default() })
    }

    fn look_back(&self) -> Millis {
        HOUR
    }

    #[inline]
    fn looks_back_at(&self, what: &What) -> bool {
        matches!(what, What::Forwarded(_))
    }

    #[inline]
    fn select(&self, row: &Row<'_>) -> Option<(Subject, What)> {
        self.pick(row)
    }

    #[inline]
    fn learn(&self, row: &Row<'_>, day: &mut habits::Day) -> bool {
        day.learn(row)
    }

    fn step(
        &self,
        state: &mut State,
        now: &Now<'_, What, habits::Countries>,
        episodes: &mut Episodes<Facts>,
    ) {
        // UTC days: they never run backwards, whatever zone the user's telephones are in.
        let today = day_of(now.start);
        state.begin(today, now.start, self.config.before_hours * HOUR);
        match &now.event {
            What::Seen => {}
            What::Called(country) => state.countries.note(*country, today, self.config.forget_days),
            What::SignedIn(names) => state.note_names(now.subject, names),
            What::Failed => state.note_failure(now.start),
            What::Reset(entry, actor) => state.note_reset(now.start, *entry, *actor),
            What::Forwarded(leg) => self.forwarded(state, now, leg, today, episodes),
            What::Switched(change) => self.switched(state, now, change, today, episodes),
            What::Off(offset) => self.switched_off(state, now, *offset, episodes),
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        report::describe(&self.config, episode)
    }
}

#[cfg(test)]
mod tests;
