// The detector of `cases.toml` in JavaScript: what it finds is what the Rust SDK finds (`cases.jsonl`), however records arrive.
//
// Run in a project that `plugin new` made, where it is copied to (`tests/all/polyglot.rs`).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as ringfence from './ringfence/index.js';
import { Harness, Random, Record } from './ringfence/harness.js';

const { About, Detector, HOUR, MINUTE, Name, PhoneNumber, Real, Report, SECOND, Severity, Subject } = ringfence;
const { dayOf, numberText, plural } = ringfence;
const MANIFEST = new URL('cases.toml', import.meta.url);
const BEGIN = 1_772_000_000_000;
const COUNTRIES = ['ES', 'FR', 'LV', 'CU'];
const DAYS = 2;

/** State, facts, episodes about things, tests of what belongs, ends. */
class Cases extends Detector {
  static state = { countries: [], calls: 0 };
  static facts = { longest: 0, ended: false };

  lookBack() {
    return HOUR;
  }

  isShort({ duration }) {
    return duration < this.settings.short_seconds;
  }

  looksBackAt(event) {
    return this.isShort(event);
  }

  select(row) {
    if (!row.answered) return undefined;
    return [Subject.user(row.user), { country: row.called_country, number: row.called_number, duration: row.duration }];
  }

  step(state, now, episodes) {
    const { country, number, duration } = now.event;
    state.calls += 1;
    const about = About.name(country);
    if (!state.countries.includes(country)) {
      state.countries = [...state.countries, country].sort((a, b) => a - b);
      const [episode] = episodes.extend({ kind: 'new-country', gap: 2 * HOUR, about }, now.alone());
      episode.rise(state.calls < 20 ? Severity.LOW : Severity.MEDIUM);
    } else {
      const known = episodes.open({ kind: 'new-country', gap: 2 * HOUR, about }, now.start);
      if (known !== undefined) known.facts.longest = Math.max(known.facts.longest, duration);
    }
    const short = (e) => this.isShort(e.event);
    const recent = now.within(HOUR);
    const flood = { kind: 'short-calls', gap: 30 * MINUTE };
    if (short(now) && [...recent].filter(short).length >= 3) {
      const [episode, added] = episodes.extend(flood, recent, short);
      for (const e of added) episode.facts.longest = Math.max(episode.facts.longest, e.event.duration);
      episode.rise(episode.records >= 6 ? Severity.HIGH : Severity.MEDIUM);
    }
    const open = duration > 500 ? episodes.open(flood, now.start) : undefined;
    if (open !== undefined) {
      open.facts.ended = true;
      open.closeBy(now.start);
    }
    episodes.extend({ kind: 'day', gap: 6 * HOUR, about: About.day(dayOf(now.start)) }, now.alone());
    if (number % 31n === 0n) episodes.extend({ kind: 'chosen', gap: HOUR, about: About.number(number) }, now.alone());
  }

  describe(subject, { kind, about, records, facts, ...episode }) {
    const report = new Report(`${plural(records, 'call')} of kind ${kind}`);
    report.because(`${facts.longest} s the longest`);
    report.because(facts.ended ? 'ended by a long call' : undefined);
    if (about.kind === 'name') report.figure('country', new Name(about.value)).score(0.25);
    if (about.kind === 'number') {
      report.figure('number', new PhoneNumber(about.value)).because(numberText(about.value));
    }
    const hours = (episode.lastEvent - episode.firstEvent) / HOUR;
    return report.figure('ended', facts.ended).figure('hours', new Real(hours));
  }
}

/** Records of a few busy days of three people. */
function records(seed) {
  const random = new Random(seed);
  return Array.from({ length: 150 }, (_, id) => {
    const start = BEGIN + Math.floor(random.below(DAYS * 24 * 60) / 3) * 3 * MINUTE;
    const fields = { user: `user ${random.below(3)}`, called_country: COUNTRIES[random.below(4)] };
    fields.called_number = `+3491100${String(random.below(40)).padStart(4, '0')}`;
    const seconds = random.below(4) ? random.below(120) : random.below(900);
    return new Record(id, start + random.below(60) * SECOND, fields).talked(seconds);
  });
}

/** Findings as in `cases.jsonl`. */
function plain(findings) {
  const half = (n) => n.toString(16).padStart(16, '0');
  const figure = ([name, { tag, val }]) => {
    if (tag === 'integer') return [name, tag, Number(val)];
    return [name, tag, tag === 'name' || tag === 'number' ? String(val) : val];
  };
  return [...findings].map(([place, f]) => ({
    subject: place.slice(0, -f.key.length - 1),
    key: f.key,
    kind: f.kind,
    severity: f.severity,
    score: f.score,
    title: f.title,
    explanation: f.explanation,
    first_event: Number(f.firstEvent),
    last_event: Number(f.lastEvent),
    raised_at: Number(f.raisedAt),
    evidence: f.evidence.map(({ hi, lo }) => half(hi) + half(lo)),
    attributes: f.attributes.map(figure),
  }));
}

test('findings are those of the SDK', () => {
  for (const line of readFileSync(new URL('cases.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
    const { seed, findings } = JSON.parse(line);
    assert.deepEqual(plain(new Harness(MANIFEST).run(Cases, records(seed))), findings, `seed ${seed}`);
  }
});

test('order of arrival does not matter', () => {
  for (let seed = 1; seed < 12; seed++) new Harness(MANIFEST).checkOrder(Cases, records(seed), seed);
});
