//! Names and enumerations: a verdict per handle instead of a comparison of texts.
//!
//! Owns verdicts of well-known values, computed once for a rule, and what a worker remembers of others.

use std::sync::{Arc, LazyLock};

use model::fields::well_known::{self, COUNTRIES, FIRST_COUNTRY, FIRST_DYNAMIC, VALUES};
use model::{Name, NameTable};
use rustc_hash::FxHashMap;

use super::super::bounds::MAX_REMEMBERED;
use super::super::check::{Check, Line, Scratch};
use super::super::fold;
use super::super::glob::Glob;
use super::super::scalar::Scalar;
use super::local::Remembered;
use crate::{Field, Places, World};

/// Verdicts about well-known values, a bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known(Box<[u64]>);

/// Well-known values by their text in lower case: several may share one.
static BY_TEXT: LazyLock<FxHashMap<String, Vec<u32>>> = LazyLock::new(|| {
    let mut by_text: FxHashMap<String, Vec<u32>> = FxHashMap::default();
    for (handle, text) in well_known::all() {
        by_text.entry(fold::lowered(text)).or_default().push(handle);
    }
    by_text
});

/// Place of a reserved handle among the bits.
#[inline]
fn bit(handle: u32) -> usize {
    if handle < FIRST_COUNTRY {
        handle as usize
    } else {
        VALUES.len() + 1 + (handle - FIRST_COUNTRY) as usize
    }
}

impl Known {
    /// Judges all of them by a line, which has no references.
    pub(crate) fn judge(line: &Line<Field>, scratch: &mut Scratch) -> Known {
        let mut bits = vec![0u64; (VALUES.len() + COUNTRIES.len()) / 64 + 1];
        let mut set = |handle: u32| bits[bit(handle) / 64] |= 1 << (bit(handle) % 64);
        let mut texts: Vec<&str> = line.exact.iter().map(|t| &**t).collect();
        let plain = !line.all
            && line.checks.iter().all(|check| match check {
                Check::Text { glob: Glob::Exact(text), cased: false } => {
                    texts.push(text);
                    true
                }
                _ => false,
            });
        if plain {
            texts.iter().filter_map(|t| BY_TEXT.get(*t)).flatten().for_each(|h| set(*h));
        } else {
            for (handle, text) in well_known::all() {
                if line.holds(Some(&[Scalar::Text(text)]), scratch, &mut |_| false) {
                    set(handle);
                }
            }
        }
        Known(bits.into())
    }

    /// The verdict about a handle; none if it is not reserved.
    #[inline]
    pub(crate) fn verdict(&self, handle: Name) -> Option<bool> {
        (handle.0 < FIRST_DYNAMIC).then(|| {
            let bit = bit(handle.0);
            self.0.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
        })
    }
}

/// What one worker remembers between records: verdicts about names, and the directory's last answers. Belongs to no rule; it is
/// forgotten by itself when the world changes, and bounded.
#[derive(Default)]
pub struct Memo {
    world: Option<(Arc<NameTable>, Arc<dyn Places>)>,
    verdicts: FxHashMap<u64, bool>,
    texts: Texts,
    pub(super) directory: Remembered,
    pub(super) scratch: Scratch,
}

impl std::fmt::Debug for Memo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memo").field("verdicts", &self.verdicts.len()).finish_non_exhaustive()
    }
}

impl Memo {
    /// To be called before anything is remembered: forgets what another world said.
    #[inline]
    pub(crate) fn enter(&mut self, world: &World) {
        let same = self.world.as_ref().is_some_and(|(names, places)| {
            Arc::ptr_eq(names, &world.names) && Arc::ptr_eq(places, &world.places)
        });
        if !same {
            self.world = Some((world.names.clone(), world.places.clone()));
            self.verdicts.clear();
            self.texts.clear();
            self.directory.clear();
        }
    }

    /// The verdict of a line about a name that is not well known: quick ones are asked again, others are remembered.
    pub(super) fn verdict(&mut self, of: u32, handle: Name, line: &Line<Field>, world: &World) -> bool {
        if line.is_quick() {
            let text = self.texts.get(handle, &world.names);
            return line.holds_text(&text.plain, &text.lower, &mut self.scratch);
        }
        let key = u64::from(of) << 32 | u64::from(handle.0);
        if let Some(known) = self.verdicts.get(&key) {
            return *known;
        }
        if self.verdicts.len() >= MAX_REMEMBERED {
            self.verdicts.clear();
        }
        let text = self.texts.get(handle, &world.names);
        let verdict = line.holds_text(&text.plain, &text.lower, &mut self.scratch);
        self.verdicts.insert(key, verdict);
        verdict
    }
}

/// Texts of the names seen last: the rules asked about one record ask about the same few names.
#[derive(Debug)]
struct Texts(Box<[Text; TEXTS]>);

const TEXTS: usize = 64;

#[derive(Debug, Default)]
struct Text {
    handle: u32,
    plain: Arc<str>,
    lower: Box<str>,
}

impl Default for Texts {
    fn default() -> Self {
        Texts(Box::new(std::array::from_fn(|_| Text::default())))
    }
}

impl Texts {
    #[inline]
    fn get(&mut self, handle: Name, names: &NameTable) -> &Text {
        let text = &mut self.0[handle.0 as usize % TEXTS];
        if text.handle != handle.0 {
            let plain = names.resolve(handle).unwrap_or_default();
            *text = Text { handle: handle.0, lower: fold::lowered(&plain).into(), plain };
        }
        text
    }

    fn clear(&mut self) {
        *self = Texts::default();
    }
}
