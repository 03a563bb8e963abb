// Runs a detector: batches in, findings out, state written back.
//
// Owns which subjects are in memory. The same code runs in a component and natively (tests).

import { CONTEXT, Columns, FOR_ALSO, FOR_PARTITION, SETTINGS_SHIFT } from './rows.js';
import { DUPLICATE, NEVER, Stamped, TAKEN, Timeline } from './timeline.js';
import { InvalidSettings, InvalidState, LEVELS, MAX_TITLE, USUAL_SCORE, wired } from './values.js';
import { log, stateGet, stateSet } from './world.js';

// Memory where the host does not say, the engine and one batch included.
const USUAL_BYTES = 256 * 2 ** 20;
// What the engine and its garbage take.
const RUNTIME_BYTES = 96 * 2 ** 20;
// Subjects may take a half of the rest: copies, stored forms and garbage take the other.
const ROOM_SHARE = 2;
// Estimates of what an event and a subject take in memory.
const EVENT_BYTES = 500;
const SUBJECT_BYTES = 3_000;
// An eighth of the room is freed at a time, so that it is seldom.
const EVICTED_SHARE = 8;

/** The detector once for each set of settings: the host says by row which one applies. */
class Panel {
  constructor(Make, settings, variants) {
    this.base = new Make(JSON.parse(settings));
    const other = (variant, index) => {
      try {
        return new Make(JSON.parse(variant));
      } catch (why) {
        throw why instanceof InvalidSettings ? new InvalidSettings(`override ${index + 1}: ${why.message}`) : why;
      }
    };
    this.detectors = [this.base, ...variants.map(other)];
    this.lookBack = Math.max(...this.detectors.map((detector) => detector.lookBack()));
    if (Number.isNaN(this.lookBack)) {
      throw new InvalidSettings('lookBack gives no number: is each setting that it reads a [config.…] of plugin.toml?');
    }
  }

  /** The detector that judges events of this variant; the base settings' if there is no such variant any more. */
  of(variant) {
    return this.detectors[variant] ?? this.base;
  }
}

/** A configured detector with its subjects. */
export class Runner {
  #columns;
  #panel;
  #schema;
  #timelines = new Map();
  // Subjects that had to go before they were stored: what is to be stored for them.
  #unsaved = new Map();
  #weight = 0;
  #touched = [];
  #batches = 0;
  #horizon = NEVER;
  #tooLate = 0;

  constructor(Make, { settings, variants, columns, memoryBytes }) {
    this.#columns = new Columns([...columns]);
    this.#panel = new Panel(Make, settings, variants);
    this.#schema = Make.stateSchema;
    const memory = Number(memoryBytes ?? 0) || USUAL_BYTES;
    this.room = Math.max(memory - RUNTIME_BYTES, RUNTIME_BYTES / 8) / ROOM_SHARE;
  }

  /** Takes the next events and says what changed, in the interface's form. */
  process(rows, horizon, columns) {
    const batch = this.#columns.batch(rows, columns);
    this.#batches += 1;
    this.#take(batch);
    this.#horizon = Math.max(this.#horizon, horizon);
    const output = [];
    const raised = (...told) => output.push({ tag: 'raise', val: finding(...told) });
    const withdrawn = (key, subject) => output.push({ tag: 'withdraw', val: { key, subject: whom(subject) } });
    for (const [subject, timeline] of this.#touched) {
      timeline.touched = false;
      timeline.catchUp(this.#panel, subject);
      timeline.tell(this.#panel, subject, raised, withdrawn);
      if (timeline.wantsSealing()) timeline.seal(this.#panel, this.#horizon);
      this.#weigh(timeline);
    }
    this.#touched = [];
    this.#rest();
    return output;
  }

  /** Selects the batch's events and puts them into their timelines. */
  #take(batch) {
    const { row } = this.#columns;
    const { base } = this.#panel;
    if (batch.rows > 0 && base.candidates !== undefined) {
      for (const at of base.candidates(batch)) this.#look(batch, row, at);
    } else if (batch.columns[CONTEXT] !== undefined) {
      for (let at = 0; at < batch.rows; at++) this.#look(batch, row, at);
    } else {
      for (row.at = 0; row.at < batch.rows; row.at++) {
        const picked = base.select(row);
        if (picked !== undefined) this.#put(batch, row.at, 0, picked);
      }
    }
  }

  #look(batch, row, at) {
    row.at = at;
    const { bits } = row;
    const variant = (bits >> SETTINGS_SHIFT) & 0xff;
    const detector = this.#panel.of(variant);
    const first = bits & FOR_PARTITION ? detector.select(row) : undefined;
    if (first !== undefined) this.#put(batch, at, variant, first);
    const second = bits & FOR_ALSO ? detector.selectAlso(row) : undefined;
    if (second !== undefined) this.#put(batch, at, variant, second);
  }

  #put({ columns }, at, variant, [subject, event]) {
    const start = Number(columns.start_time[at]);
    if (start === 0 || subject.isAbsent) return;
    if (start < this.#horizon) {
      this.#tooLate += 1;
      return;
    }
    const id = { hi: columns.record_id[2 * at], lo: columns.record_id[2 * at + 1] };
    const entry = this.#timelines.get(subject.key) ?? this.#find(subject);
    const { timeline } = entry;
    timeline.used = this.#batches;
    const report = Number(columns.report_time[at]) || start;
    const done = timeline.insert(new Stamped(start, report, id, variant, event));
    if (done === TAKEN) {
      timeline.dirty = true;
      if (!timeline.touched) {
        timeline.touched = true;
        this.#touched.push([subject, timeline]);
      }
    } else if (done !== DUPLICATE) {
      this.#tooLate += 1;
    }
  }

  #find(subject) {
    const { base } = this.#panel;
    const { state, facts } = base.constructor;
    let text = this.#unsaved.get(subject.key);
    const dirty = text !== undefined;
    if (dirty) {
      this.#unsaved.delete(subject.key);
      this.#weight -= text.length;
    } else {
      const bytes = stateGet(subject.key);
      text = bytes && new TextDecoder().decode(bytes);
    }
    let timeline;
    try {
      timeline = text === undefined ? new Timeline(state, facts) : Timeline.read(base, text);
    } catch (why) {
      throw why instanceof InvalidState ? new InvalidState(`key '${subject.key}': ${why.message}`) : why;
    }
    timeline.dirty = dirty;
    const entry = { subject, timeline };
    this.#timelines.set(subject.key, entry);
    this.#weigh(timeline);
    return entry;
  }

  #weigh(timeline) {
    const cost = SUBJECT_BYTES + EVENT_BYTES * timeline.events.length;
    this.#weight += cost - timeline.cost;
    timeline.cost = cost;
  }

  /** Forgets the subjects that were not used for longest if they take too much memory. */
  #rest() {
    if (this.#weight <= this.room) return;
    const entries = [...this.#timelines.values()].sort((a, b) => a.timeline.used - b.timeline.used);
    for (const { subject, timeline } of entries) {
      if (this.#weight <= this.room - this.room / EVICTED_SHARE) break;
      if (timeline.dirty) {
        const text = this.#encode(subject, timeline);
        this.#unsaved.set(subject.key, text);
        this.#weight += text.length;
      }
      this.#weight -= timeline.cost;
      this.#timelines.delete(subject.key);
    }
  }

  #encode(subject, timeline) {
    timeline.sealAll(this.#panel, subject, this.#horizon);
    return timeline.write(this.#schema);
  }

  /** Writes what changed. */
  checkpoint() {
    const encoder = new TextEncoder();
    for (const [key, text] of this.#unsaved) {
      stateSet(key, encoder.encode(text));
      this.#weight -= text.length;
    }
    this.#unsaved.clear();
    for (const [key, { subject, timeline }] of this.#timelines) {
      if (!timeline.dirty) continue;
      stateSet(key, encoder.encode(this.#encode(subject, timeline)));
      timeline.dirty = false;
      this.#weigh(timeline);
    }
    if (this.#tooLate > 0) {
      log('info', `${this.#tooLate} events started before the horizon and were left out`);
      this.#tooLate = 0;
    }
  }
}

/** A subject in the interface's form. */
export function whom({ kind, handle }) {
  return kind === 'organisation' ? { tag: kind } : { tag: kind, val: handle };
}

function finding(detector, subject, key, episode) {
  const report = detector.describe(subject, episode);
  const attributes = report.figures;
  if (!attributes.some(([name]) => name === 'records')) attributes.push(['records', wired('records', episode.records)]);
  return {
    key,
    kind: episode.kind,
    severity: LEVELS[episode.severity],
    score: report.value ?? USUAL_SCORE[episode.severity],
    subject: whom(subject),
    title: [...report.title].slice(0, MAX_TITLE).join(''),
    explanation: report.explanation,
    firstEvent: BigInt(episode.firstEvent),
    lastEvent: BigInt(episode.lastEvent),
    raisedAt: BigInt(episode.raisedAt),
    evidence: episode.evidence(),
    attributes,
  };
}
