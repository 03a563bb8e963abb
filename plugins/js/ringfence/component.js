// Makes a component of a detector: the exports that the host calls.
//
// Owns what an author's mistake looks like to the operator: an error with its place in the source, since a component has no
// standard error. `build.mjs` writes the module that imports the host's interfaces and calls this.

import { Runner } from './runner.js';
import { InvalidBatch, InvalidSettings, InvalidState } from './values.js';
import { setHost } from './world.js';

// Places in the source that an error shows: the innermost ones.
const SHOWN_FRAMES = 4;
const TAGS = [
  [InvalidSettings, 'invalid-settings'],
  [InvalidBatch, 'invalid-batch'],
  [InvalidState, 'invalid-state'],
];

/** The exports of a component; `imports` are the host's interfaces by name. */
export function component(Make, imports) {
  let runner;
  setHost(imports);
  return {
    configure: guarded((setup) => {
      runner = new Runner(Make, setup);
    }),
    process: guarded(({ rows, horizon, columns }) => {
      return runner.process(
        rows,
        // The engine's bindings lift a negative s64 as a huge number.
        Number(BigInt.asIntN(64, horizon)),
        columns.map((column) => column.val),
      );
    }),
    checkpoint: guarded(() => runner.checkpoint()),
  };
}

function guarded(call) {
  return (...given) => {
    try {
      return call(...given);
    } catch (why) {
      const [, tag] = TAGS.find(([type]) => why instanceof type) ?? [];
      throw { payload: tag === undefined ? { tag: 'other', val: told(why) } : { tag, val: why.message } };
    }
  };
}

/** An error with its innermost places, in one line. */
export function told(why) {
  if (!(why instanceof Error)) return String(why);
  const frames = (why.stack ?? '').split('\n').filter((line) => line.includes('.js'));
  const places = frames.slice(0, SHOWN_FRAMES).map((line) => line.trim());
  return `${why.name}: ${why.message} (${places.join(', ')})`;
}
