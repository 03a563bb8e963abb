// A first detector, to copy: several calls to premium-rate numbers by one user within an hour.
//
// Owns the judgement only. Late, shuffled and repeated records, state and restarts are the package's work.

import { Detector, MINUTE, Report, Severity, Subject, known } from './ringfence/index.js';

/** The detector. `this.settings` has one value for each `[config.…]` table of plugin.toml. */
export default class Premium extends Detector {
  /** What is remembered of one episode for the report. */
  static facts = { seconds: 0 };

  /** How far back `step` looks: events are kept at least that long. */
  lookBack() {
    return this.settings.window_minutes * MINUTE;
  }

  /** Which rows matter, whom they are about, and what to keep of them: here a call's length in seconds. */
  select(row) {
    if (row.called_class === known.PREMIUM) return [Subject.user(row.user), row.duration];
  }

  /** Called in the order in which things happened, whatever the order in which they became known. */
  step(state, now, episodes) {
    const recent = now.within(this.lookBack());
    if (recent.length < this.settings.calls) return;
    // An episode grows while calls keep coming within the gap; then it closes. Each is one finding.
    const [episode, added] = episodes.extend({ kind: 'premium-calls', gap: this.lookBack() }, recent);
    for (const call of added) episode.facts.seconds += call.event;
    episode.rise(episode.records >= 10 ? Severity.HIGH : Severity.MEDIUM);
  }

  /** The finding in words and figures. */
  describe(subject, episode) {
    const calls = episode.records;
    const minutes = Math.floor(episode.facts.seconds / 60);
    return new Report(`${calls} calls to premium-rate numbers`)
      .because(`${calls} calls, ${minutes} minutes in all, to premium-rate numbers`)
      .figure('calls', calls)
      .figure('minutes', minutes);
  }
}
