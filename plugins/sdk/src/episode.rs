//! Episodes: what becomes one finding. An episode stays open while matching events keep coming within its gap, grows,
//! may only rise in severity, and closes; a wave after that is a new one.
//!
//! Owns the life of episodes inside one fold. Does not own when they are told to the host ([`crate::timeline`]).

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::calendar::{date_text, day_of};
use crate::finding::MAX_EVIDENCE;
use crate::span::{Span, Stamped};
use crate::types::{Millis, Name, Number, RecordId, Severity};

/// What tells apart episodes of one kind that may be open at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// Nothing: one at a time.
    #[default]
    Nothing,
    /// One per name: a country, say.
    Name(Name),
    /// One per number.
    Number(Number),
    /// One per local day, e.g. one per night.
    Day(i32),
}

/// Which episode an event belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    kind: &'static str,
    about: About,
    gap: Millis,
}

impl Case {
    /// Episodes of this kind; a word of `a-z 0-9 -`. It closes when nothing is added for `gap`.
    pub const fn new(kind: &'static str, gap: Millis) -> Case {
        Case { kind, about: About::Nothing, gap }
    }

    /// Episodes of this kind about something of its own.
    #[must_use]
    pub const fn about(mut self, about: About) -> Case {
        self.about = about;
        self
    }
}

/// Identities of records; shared between snapshots.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Evidence(pub(crate) Arc<Vec<RecordId>>);

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Evidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|v| Evidence(Arc::new(v)))
    }
}

/// One episode with the detector's own facts about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Episode<F> {
    kind: Cow<'static, str>,
    about: About,
    ordinal: u32,
    first_event: Millis,
    last_event: Millis,
    open_until: Millis,
    raised_at: Millis,
    severity: Severity,
    /// Override that applied to the latest event.
    variant: u8,
    records: u64,
    evidence: Evidence,
    /// Index after the last event looked at.
    seen: u64,
    /// What the detector wants to remember for its report.
    pub facts: F,
}

impl<F> Episode<F> {
    /// Kind of episode.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it is about.
    pub fn about(&self) -> About {
        self.about
    }

    /// Start of the earliest event.
    pub fn first_event(&self) -> Millis {
        self.first_event
    }

    /// Start of the latest event.
    pub fn last_event(&self) -> Millis {
        self.last_event
    }

    /// From the first event to the last.
    pub fn span(&self) -> Millis {
        self.last_event - self.first_event
    }

    /// How many records it rests on.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How bad it is so far.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Raises the severity to at least this.
    pub fn rise(&mut self, severity: Severity) {
        self.severity = self.severity.max(severity);
    }

    /// Closes it no later than at this moment, unless more is added: for an event that ends it.
    pub fn close_by(&mut self, at: Millis) {
        self.open_until = self.open_until.min(at.max(self.last_event));
    }

    pub(crate) fn variant(&self) -> u8 {
        self.variant
    }

    pub(crate) fn raised_at(&self) -> Millis {
        self.raised_at
    }

    pub(crate) fn evidence(&self) -> &[RecordId] {
        &self.evidence.0
    }

    /// The latest start an event may have to be still added.
    pub(crate) fn open_until(&self) -> Millis {
        self.open_until
    }

    fn day(&self) -> i32 {
        match self.about {
            About::Day(day) => day,
            _ => day_of(self.first_event),
        }
    }

    /// The key: kind, what it is about, day of its start, and a count if the day has several. A late event that
    /// moves the start within the day amends the finding instead of replacing it.
    pub(crate) fn key(&self) -> String {
        let mut key = String::from(&*self.kind);
        match self.about {
            About::Name(name) => {
                key.push('/');
                key.push_str(&crate::names::resolve(name));
            }
            About::Number(number) => {
                key.push('/');
                key.push_str(&number.to_string());
            }
            About::Nothing | About::Day(_) => {}
        }
        key.push('/');
        key.push_str(&date_text(self.day()));
        if self.ordinal > 1 {
            key.push('.');
            key.push_str(&self.ordinal.to_string());
        }
        key
    }
}

impl<F: Serialize> Episode<F> {
    /// A hash of everything a finding is made from.
    pub(crate) fn fingerprint(&self) -> u64 {
        use std::hash::Hasher;
        let content = (
            (&self.first_event, &self.last_event, &self.raised_at),
            (&self.severity, &self.records, &self.evidence, &self.facts),
        );
        let mut hasher = rustc_hash::FxHasher::default();
        // Facts are plain data; should one refuse to be written, the hash of nothing means "always tell".
        if let Ok(bytes) = postcard::to_allocvec(&content) {
            hasher.write(&bytes);
        }
        hasher.finish()
    }
}

/// How many episodes of a kind began on a day: outlives them, so that keys stay apart.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ordinal {
    kind: Cow<'static, str>,
    about: About,
    day: i32,
    count: u32,
}

/// The episodes of one subject, as far as the fold has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Episodes<F> {
    list: Vec<Episode<F>>,
    ordinals: Vec<Ordinal>,
    /// Something may differ from what was told.
    #[serde(skip)]
    changed: bool,
}

impl<F> Default for Episodes<F> {
    fn default() -> Self {
        Episodes { list: Vec::new(), ordinals: Vec::new(), changed: false }
    }
}

impl<F: Default> Episodes<F> {
    /// Adds the events of `span`, which ends with the current one, to the open episode, or opens one. Gives the episode
    /// and those events that were not in it before.
    pub fn extend<'s, E>(&mut self, case: Case, span: Span<'s, E>) -> (&mut Episode<F>, Span<'s, E>) {
        self.extend_where(case, span, |_| true)
    }

    /// Like [`Episodes::extend`], for the events of `span` that belong. The span that comes back has all events not looked at
    /// before, so apply the same test to it.
    pub fn extend_where<'s, E>(
        &mut self,
        case: Case,
        span: Span<'s, E>,
        belongs: impl Fn(&Stamped<E>) -> bool,
    ) -> (&mut Episode<F>, Span<'s, E>) {
        let at = match self.find(case, span.end_time()) {
            Some(at) => at,
            None => self.begin(case, span, &belongs),
        };
        self.changed = true;
        let episode = &mut self.list[at];
        episode.variant = span.last().map_or(0, |e| e.variant);
        let added = span.since(episode.seen);
        for event in added.iter().filter(|e| belongs(e)) {
            if episode.evidence.0.len() < MAX_EVIDENCE {
                Arc::make_mut(&mut episode.evidence.0).push(event.id);
            }
            episode.records += 1;
            episode.first_event = episode.first_event.min(event.start);
            episode.last_event = episode.last_event.max(event.start);
        }
        episode.seen = episode.seen.max(span.end());
        episode.open_until = episode.open_until.max(episode.last_event.saturating_add(case.gap));
        (episode, added)
    }

    /// The episode that is open at this moment, if there is one: for events that belong to it without being reason enough.
    pub fn open(&mut self, case: Case, at: Millis) -> Option<&mut Episode<F>> {
        let at = self.find(case, at)?;
        self.changed = true;
        Some(&mut self.list[at])
    }

    /// Like [`Episodes::open`], only to look.
    pub fn peek(&self, case: Case, at: Millis) -> Option<&Episode<F>> {
        self.find(case, at).map(|i| &self.list[i])
    }

    fn find(&self, case: Case, at: Millis) -> Option<usize> {
        self.list.iter().rposition(|e| e.kind == case.kind && e.about == case.about && e.open_until >= at)
    }

    fn begin<E>(&mut self, case: Case, span: Span<'_, E>, belongs: impl Fn(&Stamped<E>) -> bool) -> usize {
        let mut events = span.iter().filter(|e| belongs(e)).peekable();
        let mut episode = Episode {
            kind: Cow::Borrowed(case.kind),
            about: case.about,
            ordinal: 1,
            first_event: events.peek().map_or_else(|| span.end_time(), |e| e.start),
            last_event: span.end_time(),
            open_until: span.end_time(),
            raised_at: events.map(|e| e.report).max().unwrap_or_else(|| span.end_time()),
            severity: Severity::Informational,
            variant: 0,
            records: 0,
            evidence: Evidence::default(),
            seen: span.begin(),
            facts: F::default(),
        };
        let day = episode.day();
        match self.ordinals.iter_mut().find(|o| o.kind == case.kind && o.about == case.about && o.day == day)
        {
            Some(ordinal) => {
                ordinal.count += 1;
                episode.ordinal = ordinal.count;
            }
            None => {
                let kind = episode.kind.clone();
                self.ordinals.push(Ordinal { kind, about: case.about, day, count: 1 });
            }
        }
        self.list.push(episode);
        self.list.len() - 1
    }
}

impl<F> Episodes<F> {
    /// The same episodes with other facts.
    pub(crate) fn map<G>(self, facts: impl Fn(F) -> G) -> Episodes<G> {
        let other = |e: Episode<F>| Episode {
            kind: e.kind,
            about: e.about,
            ordinal: e.ordinal,
            first_event: e.first_event,
            last_event: e.last_event,
            open_until: e.open_until,
            raised_at: e.raised_at,
            severity: e.severity,
            variant: e.variant,
            records: e.records,
            evidence: e.evidence,
            seen: e.seen,
            facts: facts(e.facts),
        };
        let list = self.list.into_iter().map(other).collect();
        Episodes { list, ordinals: self.ordinals, changed: self.changed }
    }

    /// Whether something may differ from what was told; asking answers for it.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Reads what is asked at every step.
    #[inline]
    pub(crate) fn glance(&self) -> bool {
        self.changed | self.list.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Episode<F>> {
        self.list.iter()
    }

    /// Forgets what no event at or after `before` can change.
    pub(crate) fn forget(&mut self, before: Millis) {
        if before == Millis::MIN {
            return;
        }
        self.list.retain(|e| e.open_until >= before);
        // A day's count must outlive the day; a night or a start a window back may name the day before.
        self.ordinals.retain(|o| o.day + 2 >= day_of(before));
    }
}
