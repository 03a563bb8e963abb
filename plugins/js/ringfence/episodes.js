// Episodes: what becomes one finding. An episode stays open while matching events keep coming within its gap, grows, may
// only rise in severity, and closes; a wave after that is a new one.
//
// Owns the life of episodes inside one fold. Does not own when they are told to the host (`timeline.js`).

import { dateText, dayOf } from './calendar.js';
import { numberText } from './telephone.js';
import { About, MAX_EVIDENCE, copyPlain, plainText } from './values.js';
import { resolve } from './world.js';

// A day's count must outlive the day; a night or a start a window back may name the day before.
const ORDINAL_DAYS = 2;
const DIGEST_PRIME = 0x01000193;

const hex = (id) => id.hi.toString(16).padStart(16, '0') + id.lo.toString(16).padStart(16, '0');
/** An identity as 32 hexadecimal digits, and back. */
export const idText = hex;
export const idFrom = (text) => ({ hi: BigInt(`0x${text.slice(0, 16)}`), lo: BigInt(`0x${text.slice(16)}`) });

const low = (half) => Number(BigInt.asIntN(32, half));
const same = (a, b) => a.kind === b.kind && a.value === b.value;

/** One episode with the detector's own facts about it: `kind`, `about`, `firstEvent`, `lastEvent`, `records`, `severity`,
 * `facts`. */
export class Episode {
  #evidence = [];
  #kept = 0;
  #digest = 0;

  constructor(fields) {
    Object.assign(this, fields);
  }

  /** From the first event to the last, in milliseconds. */
  span() {
    return this.lastEvent - this.firstEvent;
  }

  /** Raises the severity to at least this. */
  rise(severity) {
    this.severity = Math.max(this.severity, severity);
  }

  /** Closes it no later than at this moment, unless more is added: for an event that ends it. */
  closeBy(at) {
    this.openUntil = Math.min(this.openUntil, Math.max(at, this.lastEvent));
  }

  /** Identities of the records it rests on, `{hi, lo}`; the first 1,000. */
  evidence() {
    return this.#evidence.slice(0, this.#kept);
  }

  /** Takes a record up; only `Episodes` does. */
  addEvidence(id) {
    if (this.#kept >= MAX_EVIDENCE) return;
    // The array is shared with earlier copies of the fold, each of which knows how much of it is its own.
    if (this.#evidence.length !== this.#kept) this.#evidence = this.#evidence.slice(0, this.#kept);
    this.#evidence.push(id);
    this.#kept += 1;
    this.#digest = Math.imul(Math.imul(this.#digest, DIGEST_PRIME) ^ low(id.hi), DIGEST_PRIME) ^ low(id.lo);
  }

  #day() {
    return this.about.kind === 'day' ? this.about.value : dayOf(this.firstEvent);
  }

  /** What its key is counted by. */
  place() {
    return plainText([this.kind, this.about.kind, this.about.value, this.#day()]);
  }

  /** Kind, what it is about, day of its start, and a count if the day has several. A late event that moves the start
   * within the day amends the finding instead of replacing it. */
  key() {
    let key = this.kind;
    if (this.about.kind === 'name') key += `/${resolve(this.about.value)}`;
    else if (this.about.kind === 'number') key += `/${numberText(this.about.value)}`;
    key += `/${dateText(this.#day())}`;
    return this.ordinal > 1 ? `${key}.${this.ordinal}` : key;
  }

  /** Everything that a finding is made from, shortly. */
  fingerprint() {
    const times = [this.firstEvent, this.lastEvent, this.raisedAt];
    return plainText([...times, this.severity, this.records, this.#kept, this.#digest, this.facts]);
  }

  copy() {
    const other = new Episode(this);
    other.facts = copyPlain(this.facts);
    other.#evidence = this.#evidence;
    other.#kept = this.#kept;
    other.#digest = this.#digest;
    return other;
  }

  stored() {
    return { ...this, evidence: this.evidence().map(hex) };
  }

  static restored({ evidence, ...fields }) {
    const episode = new Episode(fields);
    for (const id of evidence) episode.addEvidence(idFrom(id));
    return episode;
  }
}

/** The episodes of one subject, as far as the fold has come. A case says which episode an event belongs to:
 * `{kind, gap, about}`; the kind is a word of `a-z 0-9 -`, and the episode closes when nothing is added for `gap`. */
export class Episodes {
  #list = [];
  // How many episodes of a kind began on a day: outlives them, so that keys stay apart.
  #ordinals = new Map();
  #facts;
  // Something may differ from what was told.
  #changed = false;

  constructor(facts) {
    this.#facts = facts;
  }

  [Symbol.iterator]() {
    return this.#list[Symbol.iterator]();
  }

  /** Adds the events of `span`, which ends with the current one, to the open episode, or opens one. Gives the episode, and
   * those events that were not in it before. With `belongs`, a test of one event, only those that pass are added. */
  extend(which, span, belongs) {
    const episode = this.peek(which, span.endTime()) ?? this.#begin(which, span, belongs);
    this.#changed = true;
    episode.variant = span.at(-1).variant;
    let added = span.since(episode.seen);
    if (belongs !== undefined) added = added.only(belongs);
    for (const event of added) {
      episode.addEvidence(event.id);
      episode.records += 1;
      episode.firstEvent = Math.min(episode.firstEvent, event.start);
      episode.lastEvent = Math.max(episode.lastEvent, event.start);
    }
    episode.seen = Math.max(episode.seen, span.end);
    episode.openUntil = Math.max(episode.openUntil, episode.lastEvent + which.gap);
    return [episode, added];
  }

  /** The episode that is open at this moment, if there is one: for events that belong to it without being reason enough. */
  open(which, at) {
    const episode = this.peek(which, at);
    this.#changed ||= episode !== undefined;
    return episode;
  }

  /** Like `open`, only to look. */
  peek({ kind, about = About.NOTHING }, at) {
    return this.#list.findLast((e) => e.kind === kind && same(e.about, about) && e.openUntil >= at);
  }

  #begin({ kind, about = About.NOTHING }, span, belongs) {
    const events = [...(belongs === undefined ? span : span.only(belongs))];
    const end = span.endTime();
    const episode = new Episode({
      kind,
      about,
      ordinal: 1,
      firstEvent: events[0]?.start ?? end,
      lastEvent: end,
      openUntil: end,
      raisedAt: events.reduce((latest, event) => Math.max(latest, event.report), events[0]?.report ?? end),
      severity: 0,
      variant: 0,
      records: 0,
      seen: span.begin,
      facts: copyPlain(this.#facts),
    });
    const place = episode.place();
    episode.ordinal = (this.#ordinals.get(place) ?? 0) + 1;
    this.#ordinals.set(place, episode.ordinal);
    this.#list.push(episode);
    return episode;
  }

  takeChanged() {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** Forgets what no event at or after `before` can change. */
  forget(before) {
    this.#list = this.#list.filter((episode) => episode.openUntil >= before);
    for (const place of this.#ordinals.keys()) {
      if (JSON.parse(place)[3] + ORDINAL_DAYS < dayOf(before)) this.#ordinals.delete(place);
    }
  }

  copy() {
    const other = new Episodes(this.#facts);
    other.#list = this.#list.map((episode) => episode.copy());
    other.#ordinals = new Map(this.#ordinals);
    other.#changed = this.#changed;
    return other;
  }

  stored() {
    return { list: this.#list.map((episode) => episode.stored()), ordinals: [...this.#ordinals] };
  }

  static restored({ list, ordinals }, facts) {
    const episodes = new Episodes(facts);
    episodes.#list = list.map((episode) => Episode.restored(episode));
    episodes.#ordinals = new Map(ordinals);
    return episodes;
  }
}
