// Tests for detectors, natively: feed records in any order, in any batches, with restarts, and compare what is found.
//
// Owns the fake host and the shuffling. Not part of a component.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';

import { dayFromDate } from './calendar.js';
import { KINDS } from './fields.js';
import { CONTEXT } from './rows.js';
import { Runner } from './runner.js';
import { fromE164, numberText } from './telephone.js';
import { DAY, HOUR, MINUTE, SECOND, Subject, plainText, readPlain } from './values.js';
import { World, intern, resolve, setHost, theHost } from './world.js';

/** Allowed lateness in tests, the host's default. */
export const LATENESS = DAY;
// A batch ends when the watermark has advanced by more, as in the host.
const LONGEST_BATCH = 12 * HOUR;
const GOLDEN = 0x9e3779b97f4a7c15n;
const SYMBOLS = ' 0123456789*#+';

/** `2026-03-01T10:00:00Z` in milliseconds. */
export function time(text) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(text)?.slice(1).map(Number);
  assert(parts !== undefined, `'${text}' is not a time: write it like 2026-03-01T10:00:00Z`);
  const [year, month, day, hours, minutes, seconds] = parts;
  return dayFromDate(year, month, day) * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND;
}

/** Packs a number as the host does: `+34…`, or up to 15 dialled characters. */
export function number(text) {
  if (/^\+\d+$/.test(text)) return fromE164(text.slice(1));
  const packed = [...text].reduce((all, symbol) => (all << 4n) | BigInt(SYMBOLS.indexOf(symbol)), 0n);
  return text === '' ? 0n : packed | (2n << 60n);
}

const READS = { millis: time, enum: intern, name: intern, phone: number };
const ARRAYS = {
  id: BigUint64Array,
  bool: Uint8Array,
  u32: Uint32Array,
  enum: Uint32Array,
  name: Uint32Array,
  phone: BigUint64Array,
  int: BigInt64Array,
  millis: BigInt64Array,
  float: Float64Array,
};

/** A record with some fields set: `new Record(1, '2026-03-01T10:00:00Z', {user: 'ana', called_class: 'premium'})`. */
export class Record {
  constructor(id, start, fields = {}) {
    const begin = typeof start === 'string' ? time(start) : start;
    // Identities are random in life; their order must not follow time.
    this.id = [BigInt.asUintN(64, BigInt(id + 1) * GOLDEN), BigInt(id)];
    this.fields = { start_time: begin, report_time: begin, event: 'call', ...fields };
    for (const name of Object.keys(fields)) {
      assert(KINDS[name] !== undefined, `there is no field '${name}': docs/fields.md lists them`);
    }
  }

  /** Answered for this many seconds, and reported at the end. */
  talked(seconds) {
    const report = this.fields.start_time + seconds * SECOND;
    Object.assign(this.fields, { duration: seconds, answered: seconds > 0, report_time: report });
    return this;
  }

  /** As it stands in a column, but times and whole numbers as Numbers. */
  value(name) {
    const given = this.fields[name];
    const kind = KINDS[name];
    if (kind === 'text') return given ?? '';
    if (given === undefined) return kind === 'phone' ? 0n : 0;
    if (typeof given !== 'string') return kind === 'phone' ? BigInt(given) : Number(given);
    assert(READS[kind] !== undefined, `'${given}' cannot be a value of '${name}' (${kind})`);
    return READS[kind](given);
  }
}

/** SplitMix64: a test's own random numbers, the same everywhere. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = BigInt.asUintN(64, BigInt(seed));
  }

  /** The next number of 64 bits, a BigInt. */
  next() {
    this.#state = BigInt.asUintN(64, this.#state + GOLDEN);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  /** A number below `bound`, which must not be 0. */
  below(bound) {
    return Number((this.next() * BigInt(bound)) >> 64n);
  }
}

/** Holds a detector to plain data and to what is declared. */
function checked(Make) {
  const known = (what, remedy) => ({
    get(target, name) {
      if (typeof name === 'string' && !(name in target)) throw new Error(`there is no ${what} '${name}': ${remedy}`);
      return target[name];
    },
  });
  return class extends Make {
    constructor(settings) {
      super(new Proxy(settings, known('setting', 'add [config.…] for it to plugin.toml')));
    }

    select(row) {
      const picked = super.select(new Proxy(row, known('field', 'docs/fields.md lists them')));
      if (picked === undefined) return undefined;
      assert(picked[0] instanceof Subject, 'select must return [Subject.user(…), event]');
      comesBack('an event', picked[1]);
      return picked;
    }

    step(state, now, episodes) {
      super.step(state, now, episodes);
      comesBack('the state', state);
      for (const episode of episodes) comesBack("an episode's facts", episode.facts);
    }
  };
}

function comesBack(what, value) {
  assert.deepEqual(readPlain(plainText(value)), value, `${what} is stored as JSON and would come back as another value`);
}

/** A detector's manifest and settings on a fake host. */
export class Harness {
  /** From plugin.toml (a path or URL), with other values for some settings. */
  constructor(manifest, settings = {}) {
    this.manifest = parse(readFileSync(manifest, 'utf8'));
    const declared = Object.entries(this.manifest.config ?? {}).map(([name, setting]) => [name, setting.default]);
    this.settings = Object.fromEntries(declared);
    for (const [name, value] of Object.entries(settings)) {
      assert(name in this.settings, `no setting '${name}' in the manifest`);
      this.settings[name] = value;
    }
    setHost(new World());
  }

  /** A fresh instance of the detector. */
  runner(Make) {
    const schema = this.manifest.state_schema ?? 0;
    assert.equal(Make.stateSchema, schema, 'stateSchema of the class must be state_schema of plugin.toml');
    const setup = { settings: JSON.stringify(this.settings), variants: [], columns: this.manifest.columns };
    return new Runner(checked(Make), setup);
  }

  /** The columns that the manifest asks for. */
  batch(records) {
    return this.manifest.columns.map((name) => {
      // Every instance gets every row: a detector must look for itself.
      if (name === CONTEXT) return new Uint32Array(records.length).fill(7);
      if (name === 'record_id') return BigUint64Array.from(records.flatMap((record) => record.id));
      const Values = ARRAYS[KINDS[name]] ?? Array;
      const big = Values === BigInt64Array ? BigInt : (value) => value;
      return Values.from(records, (record) => big(record.value(name)));
    });
  }

  /** What stands at the end, by the subject's text and key. With a seed, records come in random batches; `hostile` makes them
   * late and repeated, with restarts; `crowded` leaves room for few subjects instead. */
  run(Make, records, { seed = 0, hostile = false, crowded = false } = {}) {
    theHost().stored.clear();
    const random = new Random(seed);
    const order = arrange(records, random, hostile || crowded);
    let runner = this.runner(Make);
    const findings = new Map();
    let at = 0;
    let watermark = -(2 ** 52);
    while (at < order.length) {
      const most = seed ? 1 + random.below(60) : 512;
      const begun = Math.max(watermark, order[at].value('report_time'));
      let to = at + 1;
      const end = Math.min(order.length, at + most);
      while (to < end && order[to].value('report_time') <= begun + LONGEST_BATCH) to += 1;
      const rows = order.slice(at, to);
      apply(findings, runner.process(rows.length, watermark - LATENESS, this.batch(rows)));
      watermark = Math.max(watermark, ...rows.map((record) => record.value('report_time')));
      at = to;
      if (crowded) runner.room = random.below(4) * 4_000;
      if ((hostile || crowded) && random.below(3) === 0) {
        runner.checkpoint();
        if (hostile && random.below(2) === 0) runner = this.runner(Make);
      }
    }
    apply(findings, runner.process(0, watermark - LATENESS, []));
    return new Map([...findings].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Checks that the findings do not depend on how the records arrive, and gives them. */
  checkOrder(Make, records, seed) {
    const quiet = this.run(Make, records);
    for (const arrival of [{}, { hostile: true }, { crowded: true }]) {
      const other = this.run(Make, records, { ...arrival, seed: seed | 1 });
      assert.deepEqual(other, quiet, `findings differ when records arrive ${JSON.stringify(arrival)} with seed ${seed}`);
    }
    return quiet;
  }
}

function arrange(records, random, hostile) {
  const order = [];
  records.forEach((record, index) => {
    const report = record.value('report_time');
    const slack = Math.max(LATENESS - HOUR - (report - record.value('start_time')), 1);
    const deliveries = hostile && random.below(4) === 0 ? 2 : 1;
    for (let n = 0; n < deliveries; n++) {
      const late = hostile ? random.below(random.below(2) === 0 ? slack : Math.min(slack, 10 * MINUTE)) : 0;
      order.push([report + late, index]);
    }
  });
  order.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return order.map(([, index]) => records[index]);
}

function apply(findings, said) {
  for (const { tag, val } of said) {
    const { tag: kind, val: handle } = val.subject;
    const subject = kind === 'organisation' ? kind : kind === 'number' ? numberText(handle) : resolve(handle);
    const place = `${subject} ${val.key}`;
    if (tag === 'withdraw') {
      assert(findings.delete(place), `'${val.key}' is withdrawn but was never raised`);
      continue;
    }
    assert.match(val.kind, /^[a-z0-9-]+$/, 'a kind is a word of a-z, 0-9 and -');
    assert(new TextEncoder().encode(val.key).length <= 128, `key '${val.key}' is longer than 128 bytes`);
    assert(val.evidence.length > 0, 'a finding without evidence');
    findings.set(place, val);
  }
}
