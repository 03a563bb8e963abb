// Tests of the detector, natively: `npm test`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import Premium from './detector.js';
import { MINUTE } from './ringfence/index.js';
import { Harness, Random, Record } from './ringfence/harness.js';

const MANIFEST = new URL('plugin.toml', import.meta.url);
const BEGIN = 1_772_000_000_000;

/** Premium-rate calls of 90 seconds at these minutes, by one user after the other. */
function calls(minutes, users = ['ana']) {
  const fields = (n) => ({ user: users[n % users.length], called_class: 'premium' });
  return minutes.map((minute, n) => new Record(n, BEGIN + minute * MINUTE, fields(n)).talked(90));
}

test('three calls in an hour are one finding', () => {
  const [finding, ...more] = new Harness(MANIFEST).run(Premium, calls([0, 10, 20, 30])).values();
  assert.deepEqual([more.length, finding.severity, finding.evidence.length], [0, 'medium', 4]);
  assert.deepEqual(finding.explanation, ['4 calls, 6 minutes in all, to premium-rate numbers']);
});

test('three calls in a day are nothing', () => {
  assert.equal(new Harness(MANIFEST).run(Premium, calls([0, 100, 200])).size, 0);
});

test('settings count', () => {
  assert.equal(new Harness(MANIFEST, { calls: 2 }).run(Premium, calls([0, 10])).size, 1);
});

test('order of arrival does not matter', () => {
  for (let seed = 1; seed < 30; seed++) {
    const random = new Random(seed);
    const minutes = Array.from({ length: random.below(120) }, () => random.below(5_000));
    new Harness(MANIFEST).checkOrder(Premium, calls(minutes, ['ana', 'ben', 'eva']), seed);
  }
});
