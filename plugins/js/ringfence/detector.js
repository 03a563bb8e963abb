// What an author writes: a subclass of `Detector`.
//
// Owns the author's side of the contract. Does not own the order of events, late arrivals, duplicates, state or revisions:
// the package takes care of those, so that a detector cannot get them wrong.

import { InvalidState } from './values.js';

/**
 * A detector. `step` is called for each event of a subject in the order in which they happened, whatever the order in
 * which they arrived: when a late event comes in between, an earlier copy of the state is taken and what follows is
 * stepped through again. So `step` and `describe` must depend on nothing but their arguments, the settings, and what
 * `resolve`, `utcOffset` and the other questions to the host answer: no Date, no Math.random.
 *
 * Events, state and facts are plain data, because they are stored as JSON: null, booleans, numbers, BigInts, strings,
 * arrays and plain objects. (No undefined, Map, Set or Date: they would come back as something else.)
 *
 * A detector of which every microsecond counts may have a method `candidates(batch)` that gives the numbers of the rows
 * worth a look; `select` then sees only those. `batch.columns.called_class` is the whole column.
 */
export class Detector {
  /** Raise it together with `state_schema` of plugin.toml when events, state or facts change their form; what another
   * schema stored goes through `migrate`. */
  static stateSchema = 1;
  /** What is remembered of a subject between events, at first: small. */
  static state = {};
  /** What is remembered of an episode for its report, at first. */
  static facts = {};

  /** `settings` has every setting of plugin.toml. Throw `InvalidSettings` when one does not make sense: name it, and say
   * what is allowed. */
  constructor(settings) {
    this.settings = settings;
  }

  /** The longest time back that `step` asks for with `now.within`, in milliseconds. */
  lookBack() {
    throw new Error('lookBack is missing: return how far back step looks, in milliseconds');
  }

  /** Whether a later step that looks back may have to see this event. Those before the first such event are forgotten
   * as soon as they are final, so a step that looks back must take no notice of the others. */
  looksBackAt(_event) {
    return true;
  }

  /** Picks the rows that matter and what to keep of them, `[subject, event]`; undefined for the others. The subject must be
   * the manifest's partition. `row` has a property for each column of plugin.toml; do not keep it, the next row is the
   * same object. */
  select(_row) {
    throw new Error('select is missing: return [subject, what to keep] for the rows that matter');
  }

  /** Picks the rows that matter to a second subject, that of `[also]` in the manifest. The manifest's filters only save
   * work: look here whether a row is one of these. */
  selectAlso(_row) {
    return undefined;
  }

  /** Takes the next event. */
  step(_state, _now, _episodes) {
    throw new Error('step is missing: look at now.event and now.within(…), and extend episodes');
  }

  /** Puts an episode into words and figures; called only when it is new or changed. */
  describe(_subject, _episode) {
    throw new Error('describe is missing: return a Report');
  }

  /** Turns what an older version stored into this version's form: `return old.read({event, state, facts})`. Name the schemas
   * it can read in `reads_state` of plugin.toml. */
  migrate(old) {
    throw new InvalidState(`state of schema ${old.schema} cannot be read by schema ${this.constructor.stateSchema}`);
  }
}
