// The small values that cross the boundary: severities, subjects, reports, errors, and plain data.
//
// Owns their form in JavaScript. Does not own their meaning: the interface (`wit/`) does.

// Milliseconds.
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Longest title in characters. */
export const MAX_TITLE = 200;
/** Most evidence on one finding: 1,000 identities are more than anybody reads; the figure `records` has the count. */
export const MAX_EVIDENCE = 1_000;

/** The settings are wrong: say which one and what is allowed. */
export class InvalidSettings extends Error {}
/** The batch cannot be read. */
export class InvalidBatch extends Error {}
/** Stored state cannot be read by this version. */
export class InvalidState extends Error {}

/** Sigma's levels, lowest first. */
export const Severity = Object.freeze({ INFORMATIONAL: 0, LOW: 1, MEDIUM: 2, HIGH: 3, CRITICAL: 4 });
/** Their names in the interface. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'];
/** The score of a severity, for detectors that state none. */
export const USUAL_SCORE = [0.1, 0.3, 0.5, 0.8, 0.95];

/** A figure that is a name: shown as its text. Columns hold plain numbers. */
export class Name {
  constructor(handle) {
    this.handle = handle;
  }
}

/** A figure that is a telephone number: shown as `+…`. Columns hold BigInts. */
export class PhoneNumber {
  constructor(packed) {
    this.packed = packed;
  }
}

/** A figure that is a time in milliseconds UTC: shown as `2026-03-01T10:00:00Z`. */
export class Time {
  constructor(at) {
    this.at = at;
  }
}

/** A figure that is a real number even if it is whole. */
export class Real {
  constructor(value) {
    this.value = value;
  }
}

/** Whom a finding is about. `key` is also that under which its state is stored: handles survive restarts. */
export class Subject {
  constructor(kind, handle, key) {
    this.kind = kind;
    this.handle = handle;
    this.key = key;
  }

  /** A user, workspace, queue or other owner of records. */
  static user(name) {
    return new Subject('user', name, `u/${name}`);
  }

  /** A telephone number. */
  static number(number) {
    return new Subject('number', number, `n/${number.toString(16)}`);
  }

  /** A location. */
  static location(name) {
    return new Subject('location', name, `l/${name}`);
  }

  /** Whether it names nobody: nothing can be found about it. */
  get isAbsent() {
    return this.kind !== 'organisation' && !this.handle;
  }

  /** The whole organisation. */
  static organisation() {
    return new Subject('organisation', undefined, 'o');
  }
}

/** What tells apart episodes of one kind that may be open at the same time. */
export const About = Object.freeze({
  /** Nothing: one at a time. */
  NOTHING: Object.freeze({ kind: 'nothing', value: 0 }),
  /** One per name: a country, say. */
  name: (name) => ({ kind: 'name', value: name }),
  /** One per number. */
  number: (number) => ({ kind: 'number', value: number }),
  /** One per local day, e.g. one per night. */
  day: (day) => ({ kind: 'day', value: day }),
});

/** What to say about an episode; made only when something about it changed. */
export class Report {
  constructor(title) {
    this.title = title;
    this.value = undefined;
    this.explanation = [];
    this.figures = [];
  }

  /** Adds a reason in words with numbers, most important first; nothing for undefined. */
  because(reason) {
    if (reason !== undefined) this.explanation.push(reason);
    return this;
  }

  /** Adds a figure: boolean, number (whole or not), string, array of strings, `Name`, `PhoneNumber`, `Time` or `Real`. */
  figure(name, value) {
    this.figures.push([name, wired(name, value)]);
    return this;
  }

  /** Sets the score, 0 (usual) to 1 (certain); without it, the severity decides. */
  score(score) {
    this.value = score === score ? Math.min(Math.max(score, 0), 1) : undefined;
    return this;
  }
}

/** A figure in the interface's form. */
export function wired(name, value) {
  if (typeof value === 'boolean') return { tag: 'boolean', val: value };
  if (typeof value === 'string') return { tag: 'text', val: value };
  if (typeof value === 'bigint') return { tag: 'integer', val: BigInt.asIntN(64, value) };
  if (Number.isSafeInteger(value)) return { tag: 'integer', val: BigInt(value) };
  if (typeof value === 'number') return { tag: 'real', val: Number.isFinite(value) ? value : 0 };
  if (value instanceof Real) return { tag: 'real', val: Number.isFinite(value.value) ? value.value : 0 };
  if (value instanceof Name) return { tag: 'name', val: value.handle };
  if (value instanceof Time) return { tag: 'time', val: BigInt(value.at) };
  if (value instanceof PhoneNumber) return { tag: 'number', val: value.packed };
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return { tag: 'texts', val: value };
  const allowed = 'a boolean, number, string, array of strings, Name, PhoneNumber, Time or Real';
  throw new TypeError(`figure '${name}' must be ${allowed}`);
}

/** A copy of a value made of plain objects, arrays, numbers, BigInts and texts. */
export function copyPlain(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyPlain);
  const copy = {};
  for (const key of Object.keys(value)) copy[key] = copyPlain(value[key]);
  return copy;
}

/** Plain data as text with its keys in order: equal values give equal texts. JSON, but for BigInts: `{"$big":"12"}`. */
export function plainText(value) {
  if (typeof value === 'bigint') return `{"$big":"${value}"}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(plainText).join(',')}]`;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return `{${keys.sort().map((key) => `${JSON.stringify(key)}:${plainText(value[key])}`).join(',')}}`;
}

/** What `plainText` wrote. */
export function readPlain(text) {
  return JSON.parse(text, (_, value) => (typeof value?.$big === 'string' ? BigInt(value.$big) : value));
}

/** `1 call`, `2 calls`. */
export function plural(count, word) {
  return count === 1 ? `${count} ${word}` : `${count} ${word}s`;
}
