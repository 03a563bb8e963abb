// The imports of a detector: names, directory, state, log.
//
// In a component they are the host's (`component.js` hands them over); natively they are those of a fake host, which tests
// fill. Owns the caches: answers about names never change, and those of the directory only with the policy, and then
// there is a new instance.

import { VALUES } from './fields.js';

// Texts kept; some megabytes.
const CACHED = 20_000;
/** Handles below this are well-known values. */
export const FIRST_DYNAMIC = 4096;

/** A host for tests. */
export class World {
  /** Locations by name: `{hours: [{weekday, start, end}], holidays: [day], utcOffset: minutes}`. */
  places = {};
  /** The organisation's numbers, packed. */
  ours = new Set();
  texts = [];
  stored = new Map();
  logged = [];

  names = {
    resolve: (handles) => [...handles].map((handle) => this.#text(handle)),
    intern: (texts) => texts.map((text) => this.#handle(text)),
  };

  directory = {
    businessHours: (location) => this.#place(location).hours ?? [],
    holidays: (location) => this.#place(location).holidays ?? [],
    utcOffset: (location) => this.#place(location).utcOffset,
    isOurs: (number) => this.ours.has(number),
  };

  state = {
    get: (key) => this.stored.get(key),
    set: (key, value) => this.stored.set(key, value),
  };

  log = { write: (level, message) => this.logged.push([level, message]) };

  #text(handle) {
    return handle < FIRST_DYNAMIC ? (VALUES.get(handle) ?? '') : (this.texts[handle - FIRST_DYNAMIC] ?? '');
  }

  #handle(text) {
    if (text === '') return 0;
    for (const [handle, value] of VALUES) if (value === text) return handle;
    if (!this.texts.includes(text)) this.texts.push(text);
    return FIRST_DYNAMIC + this.texts.indexOf(text);
  }

  #place(location) {
    return this.places[this.#text(location)] ?? {};
  }
}

let host = new World();
const cache = { texts: new Map(), hours: new Map(), holidays: new Map() };

/** Sets the host: the component's imports, or a `World`. */
export function setHost(imports) {
  host = imports;
  forget();
}

/** The host; tests look into it. */
export function theHost() {
  return host;
}

/** Forgets answers; for tests that change the fake host. */
export function forget() {
  for (const answers of Object.values(cache)) answers.clear();
}

function capability(name) {
  if (host[name] === undefined) {
    throw new Error(`'${name}' was used but is not declared: add "${name}" to capabilities in plugin.toml`);
  }
  return host[name];
}

function cached(answers, question, ask) {
  let answer = answers.get(question);
  if (answer === undefined) {
    if (answers.size >= CACHED) answers.clear();
    answer = ask(question);
    answers.set(question, answer);
  }
  return answer;
}

/** Text of a handle; empty for none. */
export function resolve(name) {
  return name ? cached(cache.texts, name, () => capability('names').resolve(Uint32Array.of(name))[0]) : '';
}

/** Handle of a text; a text never seen gets a new one. For settings that name users, locations or countries. */
export function intern(text) {
  return text === '' ? 0 : capability('names').intern([text])[0];
}

/** Business hours of a location, `{weekday, start, end}`: 0 is Monday, minutes since local midnight, up to 2880. */
export function businessHours(location) {
  return cached(cache.hours, location, () => capability('directory').businessHours(location));
}

/** Holidays of a location as days since 1970-01-01, ascending. */
export function holidays(location) {
  return cached(cache.holidays, location, () => [...capability('directory').holidays(location)]);
}

/** Minutes to add to UTC for local time at the location at that moment; undefined if its zone is unknown. */
export function utcOffset(location, at) {
  return capability('directory').utcOffset(location, BigInt(at));
}

/** Whether the number belongs to the organisation. */
export function isOurs(number) {
  return capability('directory').isOurs(number);
}

/** Writes a line for the operator; `level` is debug, info, warn or error. Never put telephone numbers or names of people into
 * a line. */
export function log(level, message) {
  capability('log').write(level, message);
}

/** The bytes last written; only `runner.js` asks. */
export function stateGet(key) {
  return capability('state').get(key);
}

/** Writes bytes; only `runner.js` does, at a checkpoint. */
export function stateSet(key, value) {
  capability('state').set(key, value);
}
