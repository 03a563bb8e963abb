// One subject's events in the order in which they happened, and what a detector makes of them.
//
// This is where order independence comes from. State and episodes are a fold over the events sorted by start time and
// identity. An event that arrives in order is stepped; one that arrives late is put in its place, and the fold is taken up
// again from the nearest earlier copy. What is older than the horizon is sealed: only its fold is kept. Owns the fold and
// its stored form; does not own which subjects are in memory (`runner.js`).

import { Episodes, idFrom, idText } from './episodes.js';
import { InvalidState, copyPlain, plainText, readPlain } from './values.js';

// Events between two copies of the fold: a late event costs at most this many steps more than its distance.
const RUNG = 32;
// Version of the stored form below; the detector's own schema stands beside it.
const FORM = 1;
/** Before every moment: a number that JSON can hold. */
export const NEVER = -Number.MAX_SAFE_INTEGER;

export const TAKEN = 0;
export const DUPLICATE = 1;
export const TOO_LATE = 2;

/** A detector's own event with what puts it in order: `start`, `report`, `id`, `variant`, `event`. */
class Stamped {
  constructor(start, report, id, variant, event) {
    this.start = start;
    this.report = report;
    this.id = id;
    this.variant = variant;
    this.event = event;
  }
}

export { Stamped };

function order(a, b) {
  if (a.start !== b.start) return a.start - b.start;
  if (a.id.hi !== b.id.hi) return a.id.hi < b.id.hi ? -1 : 1;
  return a.id.lo === b.id.lo ? 0 : a.id.lo < b.id.lo ? -1 : 1;
}

/** The first place from `low` on, below `high`, of which the test does not hold any more. */
function partition(events, low, high, holds) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(events[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Consecutive events of one subject in time order: has a `length`, can be iterated, and `at(i)` gives one. */
export class Span {
  #events;
  #from;
  #to;

  constructor(events, from, to, base) {
    this.#events = events;
    this.#from = from;
    this.#to = to;
    this.length = to - from;
    this.begin = base + from;
    this.end = base + to;
  }

  *[Symbol.iterator]() {
    for (let at = this.#from; at < this.#to; at++) yield this.#events[at];
  }

  at(index) {
    return this.#events[index < 0 ? this.#to + index : this.#from + index];
  }

  /** Start of the last event. */
  endTime() {
    return this.length > 0 ? this.at(-1).start : 0;
  }

  /** Those from this place in the history on. */
  since(place) {
    const skip = Math.min(Math.max(place - this.begin, 0), this.length);
    return new Span(this.#events, this.#from + skip, this.#to, this.begin - this.#from);
  }

  /** Those that pass a test; their places are no longer those of the history. */
  only(belongs) {
    const events = [...this].filter(belongs);
    return new Span(events, 0, events.length, this.begin);
  }
}

/** The current event (`subject`, `start`, `report`, `id`, `event`) and the way back from it. */
class Now {
  #base;
  #events;
  #upto;

  constructor(subject, base, events, upto) {
    const current = events[upto - 1];
    this.subject = subject;
    this.start = current.start;
    this.report = current.report;
    this.id = current.id;
    this.event = current.event;
    this.#base = base;
    this.#events = events;
    this.#upto = upto;
  }

  /** The current event and those that started less than `length` before it. Must not exceed `lookBack`. */
  within(length) {
    const oldest = this.start - length;
    const begin = partition(this.#events, 0, this.#upto, (event) => event.start <= oldest);
    return new Span(this.#events, begin, this.#upto, this.#base);
  }

  /** The current event alone. */
  alone() {
    return new Span(this.#events, this.#upto - 1, this.#upto, this.#base);
  }
}

/** State that another version stored; `read` makes it today's. */
class OldState {
  constructor(schema, body) {
    this.schema = schema;
    this.body = body;
  }

  /** Turns each part into today's form; a part that has not changed is left out. */
  read({ event = (e) => e, state = (s) => s, facts = (f) => f }) {
    const { list, ordinals } = this.body.episodes;
    return new OldState(this.schema, {
      ...this.body,
      events: this.body.events.map(([start, report, id, variant, kept]) => [start, report, id, variant, event(kept)]),
      state: state(this.body.state),
      episodes: { list: list.map((episode) => ({ ...episode, facts: facts(episode.facts) })), ordinals },
    });
  }
}

/** See the module. */
export class Timeline {
  events = [];
  // How many of `events` are folded, and how many are sealed and kept only for looking back.
  folded = 0;
  sealedLength = 0;
  sealedUntil = NEVER;
  // Events that were forgotten: the place of `events[0]` in the whole history.
  base = 0;
  takenBack = false;
  // What was last told to the host, by key.
  told = new Map();
  // Copies of the fold with the place after their last event, ascending; all after the sealed part.
  ladder = [];
  // For `runner.js`.
  touched = false;
  dirty = false;
  used = 0;
  cost = 0;

  constructor(state, facts) {
    this.state = copyPlain(state);
    this.episodes = new Episodes(facts);
    this.sealed = { state: copyPlain(state), episodes: new Episodes(facts) };
  }

  /** Puts an event in its place; the fold is taken up by `catchUp`. */
  insert(event) {
    if (event.start < this.sealedUntil) return TOO_LATE;
    const { events } = this;
    if (events.length === 0 || order(events.at(-1), event) < 0) {
      events.push(event);
      return TAKEN;
    }
    const at = partition(events, this.sealedLength, events.length, (other) => order(other, event) < 0);
    if (at < events.length && order(events[at], event) === 0) return DUPLICATE;
    events.splice(at, 0, event);
    if (at < this.folded) this.#takeBackTo(at);
    return TAKEN;
  }

  /** Makes the fold one over no more than the first `at` events. */
  #takeBackTo(at) {
    this.takenBack = true;
    while (this.ladder.length > 0 && this.ladder.at(-1).after > this.base + at) this.ladder.pop();
    const rung = this.ladder.at(-1);
    const { state, episodes } = rung ?? this.sealed;
    this.folded = rung === undefined ? this.sealedLength : rung.after - this.base;
    this.state = copyPlain(state);
    this.episodes = episodes.copy();
  }

  /** Steps through the events that are not yet in the fold. */
  catchUp(panel, subject) {
    for (let upto = this.folded + 1; upto <= this.events.length; upto++) {
      const now = new Now(subject, this.base, this.events, upto);
      panel.of(this.events[upto - 1].variant).step(this.state, now, this.episodes);
      const after = this.base + upto;
      if (after % RUNG === 0) {
        this.ladder.push({ after, state: copyPlain(this.state), episodes: this.episodes.copy() });
      }
    }
    this.folded = this.events.length;
  }

  /** Says what changed since the last time. */
  tell(panel, subject, raised, withdrawn) {
    const changed = this.episodes.takeChanged() || this.takenBack;
    this.takenBack = false;
    if (!changed) return;
    const now = new Map();
    for (const episode of this.episodes) {
      const key = episode.key();
      const fingerprint = episode.fingerprint();
      if (this.told.get(key) !== fingerprint) raised(panel.of(episode.variant), subject, key, episode);
      now.set(key, fingerprint);
    }
    for (const key of this.told.keys()) if (!now.has(key)) withdrawn(key, subject);
    this.told = now;
  }

  /** Whether sealing would free enough to be worth it. */
  wantsSealing() {
    return this.events.length - this.sealedLength >= 2 * RUNG;
  }

  /** Seals what is older than the horizon, at the newest copy of the fold that is. It must be caught up and told. */
  seal(panel, horizon) {
    this.sealedUntil = Math.max(this.sealedUntil, horizon);
    const at = this.ladder.findLastIndex(({ after }) => this.events[after - this.base - 1].start < horizon);
    if (at >= 0) {
      const { after, state, episodes } = this.ladder[at];
      this.sealed = { state, episodes };
      this.sealedLength = after - this.base;
      this.ladder.splice(0, at + 1);
    }
    this.#dropOlder(panel);
    this.#forgetFinal(horizon);
  }

  /** Seals all that is older than the horizon, so that as few events as possible are kept. */
  sealAll(panel, subject, horizon) {
    this.seal(panel, horizon);
    const older = partition(this.events, 0, this.events.length, (event) => event.start < horizon);
    if (older <= this.sealedLength) return;
    if (older === this.folded) {
      this.sealed = { state: copyPlain(this.state), episodes: this.episodes.copy() };
    } else {
      const { state, episodes } = this.sealed;
      for (let upto = this.sealedLength + 1; upto <= older; upto++) {
        const now = new Now(subject, this.base, this.events, upto);
        panel.of(this.events[upto - 1].variant).step(state, now, episodes);
      }
    }
    this.sealedLength = older;
    this.#dropOlder(panel);
    this.#forgetFinal(horizon);
  }

  /** Drops events that no step will look back at: a window reaches back from the newest sealed event at most. */
  #dropOlder(panel) {
    if (this.sealedLength === 0) return;
    const oldest = this.events[this.sealedLength - 1].start - panel.lookBack;
    let gone = partition(this.events, 0, this.sealedLength, (event) => event.start <= oldest);
    while (gone < this.sealedLength) {
      const { variant, event } = this.events[gone];
      if (panel.of(variant).looksBackAt(event)) break;
      gone += 1;
    }
    if (gone === 0) return;
    // A new array: spans of the steps before may still hold the old one.
    this.events = this.events.slice(gone);
    this.base += gone;
    this.sealedLength -= gone;
    this.folded -= gone;
  }

  /** Drops episodes that nothing can change any more: neither what is still to come, nor what is not sealed yet. */
  #forgetFinal(horizon) {
    const before = Math.min(horizon, this.events[this.sealedLength]?.start ?? horizon);
    if (before <= NEVER) return;
    for (const episode of this.episodes) if (episode.openUntil < before) this.told.delete(episode.key());
    this.sealed.episodes.forget(before);
    this.episodes.forget(before);
    for (const { episodes } of this.ladder) episodes.forget(before);
  }

  /** All but what can be made anew. It must be sealed with `sealAll`. */
  write(schema) {
    return plainText({
      form: FORM,
      schema,
      sealed_until: this.sealedUntil,
      base: this.base,
      sealed_length: this.sealedLength,
      state: this.sealed.state,
      episodes: this.sealed.episodes.stored(),
      told: [...this.told],
      events: this.events.map((e) => [e.start, e.report, idText(e.id), e.variant, e.event]),
    });
  }

  /** Reads what `write` wrote, of whichever version of the detector. */
  static read(detector, text) {
    const { state: first, facts, stateSchema } = detector.constructor;
    let stored;
    try {
      stored = readPlain(text);
    } catch (why) {
      throw new InvalidState(`it is not what this package writes: ${why.message}`);
    }
    if (stored?.form !== FORM) {
      throw new InvalidState(
        `it is stored in form ${stored?.form}, this plugin reads form ${FORM}: run the version that wrote it, or have it ` +
          'learn anew from the log: ringfence state reset --all --rewind',
      );
    }
    if (stored.schema !== stateSchema) stored = detector.migrate(new OldState(stored.schema, stored)).body;
    const timeline = new Timeline(first, facts);
    timeline.sealedUntil = stored.sealed_until;
    timeline.base = stored.base;
    timeline.sealedLength = timeline.folded = stored.sealed_length;
    timeline.sealed = { state: stored.state, episodes: Episodes.restored(stored.episodes, facts) };
    timeline.state = copyPlain(stored.state);
    timeline.episodes = timeline.sealed.episodes.copy();
    timeline.told = new Map(stored.told);
    timeline.events = stored.events.map(
      ([start, report, id, variant, event]) => new Stamped(start, report, idFrom(id), variant, event),
    );
    // What was told before may not come back: a late event can have undone it.
    timeline.takenBack = true;
    return timeline;
  }
}
