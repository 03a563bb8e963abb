//! A timeline as bytes: what is stored, and what an idle subject is in memory.
//!
//! Owns the form and its version, and reading a form that an older version of the detector wrote. Events stand as
//! differences from the one before, identities as they are. Does not own when ([`crate::runner`]).

use postcard::Result as Form;
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Fold, Timeline, Told};
use crate::detector::Detector;
use crate::episode::Episodes;
use crate::span::Stamped;
use crate::types::{Millis, RecordId};

/// Version of the form below; the detector's own schema stands after it. Above 128, because before there was a form
/// the schema stood first.
pub(crate) const FORM: u8 = 130;

/// Least bytes of an event: two times, an identity and a variant. A damaged count must not reserve memory for more.
const LEAST: usize = 19;

/// What stands before the events: `sealed_until`, `base`, `sealed_len`, state, episodes, those of the whole, told,
/// number of events.
type Head<S, F> = (Millis, u64, u32, S, Episodes<F>, Option<(S, Episodes<F>)>, Vec<Told>, u32);

/// Appends to a buffer that is used again and again.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> Form<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> Form<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> Form<()> {
        Ok(())
    }
}

#[inline]
fn put<T: Serialize>(out: &mut Vec<u8>, value: &T) -> Form<()> {
    postcard::serialize_with_flavor(value, Append(out))
}

impl<E, S, F> Timeline<E, S, F> {
    /// Appends all but what can be made anew.
    ///
    /// With `whole`, the fold over all events is written beside that over the sealed ones: what the events saw beside each
    /// other may be forgotten when they are read.
    pub(crate) fn write(&self, schema: u8, whole: bool, out: &mut Vec<u8>) -> Form<()>
    where
        E: Serialize,
        S: Serialize,
        F: Serialize,
    {
        out.extend_from_slice(&[FORM, schema]);
        // The parts of `Head`, without making one.
        put(out, &(self.sealed_until, self.base, self.sealed_len as u32))?;
        let whole = whole && self.sealed_len < self.events.len() && self.folded == self.events.len();
        let live = whole.then_some((&self.live.state, &self.live.episodes));
        put(out, &(&self.sealed.state, &self.sealed.episodes, live, &self.told, self.events.len() as u32))?;
        let mut before = self.sealed_until;
        for event in &self.events {
            put(out, &(event.start.wrapping_sub(before), event.report.wrapping_sub(event.start)))?;
            out.extend_from_slice(&event.id.to_bytes());
            out.push(event.variant);
            put(out, &event.event)?;
            before = event.start;
        }
        Ok(())
    }

    fn read(bytes: &[u8]) -> Form<Self>
    where
        E: DeserializeOwned,
        S: DeserializeOwned + Default,
        F: DeserializeOwned,
    {
        let (head, mut rest) = postcard::take_from_bytes::<Head<S, F>>(bytes)?;
        let (sealed_until, base, sealed_len, state, episodes, live, told, count) = head;
        let mut events = Vec::with_capacity((count as usize).min(rest.len() / LEAST));
        let mut before = sealed_until;
        for _ in 0..count {
            let ((after, talked), id_and_more) = postcard::take_from_bytes::<(Millis, Millis)>(rest)?;
            let Some((id, more)) = id_and_more.split_first_chunk() else {
                return Err(postcard::Error::DeserializeUnexpectedEnd);
            };
            let Some((variant, more)) = more.split_first() else {
                return Err(postcard::Error::DeserializeUnexpectedEnd);
            };
            let (event, more) = postcard::take_from_bytes::<E>(more)?;
            let start = before.wrapping_add(after);
            events.push(Stamped {
                start,
                report: start.wrapping_add(talked),
                id: RecordId::from_bytes(*id),
                variant: *variant,
                event,
            });
            (before, rest) = (start, more);
        }
        if !rest.is_empty() || sealed_len as usize > events.len() {
            return Err(postcard::Error::DeserializeBadEncoding);
        }
        let sealed = Box::new(Fold { state, episodes });
        let sealed_len = sealed_len as usize;
        let whole = live.map(|(state, episodes)| Fold { state, episodes });
        let folded = if whole.is_some() { events.len() } else { sealed_len };
        let live = whole.unwrap_or_default();
        Ok(Timeline {
            sealed,
            sealed_until,
            base,
            sealed_len,
            events,
            told,
            live,
            folded,
            ..Timeline::default()
        })
    }
}

/// Reads what [`Timeline::write`] wrote, of whichever version of the detector.
#[allow(clippy::type_complexity, reason = "a name for the one use would hide what a detector's types become")]
/// What lies before `final_before` is not stepped again.
pub(crate) fn read<D: Detector>(
    bytes: &[u8],
    final_before: Millis,
) -> Result<Timeline<D::Event, D::State, D::Facts>, String> {
    let (schema, body) = match bytes {
        [FORM, schema, body @ ..] => (*schema, body),
        [form, ..] => {
            return Err(format!(
                "it is stored in form {form}, this plugin reads form {FORM}: run the version of the plugin that wrote it, or have it learn anew from the log: ringfence state reset --all --rewind"
            ));
        }
        [] => return Err("it is empty".to_owned()),
    };
    let mut timeline = if schema == D::STATE_SCHEMA {
        Timeline::read(body).map_err(|e| format!("schema {schema}: {e}"))?
    } else {
        D::migrate(OldState { schema, body })?.0
    };
    timeline.restored(final_before);
    Ok(timeline)
}

/// State that an older version of a detector stored; [`OldState::read`] makes it today's.
#[derive(Clone, Copy, Debug)]
pub struct OldState<'a> {
    schema: u8,
    body: &'a [u8],
}

/// A subject's state in the form of this version.
pub struct Migrated<D: Detector>(Timeline<D::Event, D::State, D::Facts>);

impl<D: Detector> std::fmt::Debug for Migrated<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Migrated")
    }
}

impl OldState<'_> {
    /// The [`Detector::STATE_SCHEMA`] with which it was written.
    pub fn schema(self) -> u8 {
        self.schema
    }

    /// Reads it with the types of that version and turns each part into today's. A part that has not changed is
    /// passed on: `|event| event`.
    ///
    /// # Errors
    /// When the types are not those with which it was written.
    pub fn read<D, E, S, F>(
        self,
        event: impl Fn(E) -> D::Event,
        state: impl Fn(S) -> D::State,
        facts: impl Fn(F) -> D::Facts,
    ) -> Result<Migrated<D>, String>
    where
        D: Detector,
        E: DeserializeOwned,
        S: DeserializeOwned + Default,
        F: DeserializeOwned,
    {
        let old = Timeline::<E, S, F>::read(self.body)
            .map_err(|e| format!("schema {} cannot be read: {e}", self.schema))?;
        let stamped = |e: Stamped<E>| Stamped {
            start: e.start,
            report: e.report,
            id: e.id,
            variant: e.variant,
            event: event(e.event),
        };
        let sealed = *old.sealed;
        Ok(Migrated(Timeline {
            sealed: Box::new(Fold { state: state(sealed.state), episodes: sealed.episodes.map(&facts) }),
            sealed_until: old.sealed_until,
            base: old.base,
            sealed_len: old.sealed_len,
            events: old.events.into_iter().map(stamped).collect(),
            told: old.told,
            live: Fold { state: state(old.live.state), episodes: old.live.episodes.map(&facts) },
            folded: old.folded,
            ..Timeline::default()
        }))
    }
}
