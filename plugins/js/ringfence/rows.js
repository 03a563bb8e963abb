// Rows over a batch of typed columns: `row.user`, `row.duration`, `row.start_time`.
//
// Owns how a field finds its column. One row object moves over the batch: making one per record would cost more than all
// that a detector reads of it.

import { KINDS } from './fields.js';
import { InvalidBatch, InvalidSettings, MINUTE } from './values.js';

/** The column that says for whom a row is and which settings apply to it; a row has it as `bits`. */
export const CONTEXT = '$row';
// Columns that this package needs to put events in order.
const NEEDED = ['start_time', 'report_time', 'record_id'];

export const FOR_PARTITION = 1;
export const FOR_ALSO = 2;
export const SETTINGS_SHIFT = 8;

const READS = {
  bool: (values, at) => values[at] !== 0,
  int: (values, at) => Number(values[at]),
  millis: (values, at) => Number(values[at]),
  id: (values, at) => ({ hi: values[2 * at], lo: values[2 * at + 1] }),
};

/** Which column holds which field: set once, from the names given to `configure`. */
export class Columns {
  constructor(names) {
    for (const name of names) {
      if (name !== CONTEXT && KINDS[name] === undefined) {
        throw new InvalidSettings(`column '${name}' is unknown to this version of the package`);
      }
      if (names.indexOf(name) !== names.lastIndexOf(name)) throw new InvalidSettings(`column '${name}' is named twice`);
    }
    for (const name of NEEDED) {
      if (names.includes(name)) continue;
      const needed = 'every manifest must name start_time, report_time and record_id';
      throw new InvalidSettings(`column '${name}' is missing: ${needed}`);
    }
    this.names = names;
    this.row = rowOf(names);
  }

  /** Checks that the batch has the columns asked for, each of its length; gives them by name, and moves the row to it. */
  batch(rows, columns) {
    const batch = { rows, columns: {} };
    if (rows === 0 && columns.length === 0) return batch;
    if (columns.length !== this.names.length) {
      throw new InvalidBatch(`${columns.length} columns instead of ${this.names.length}`);
    }
    this.names.forEach((name, at) => {
      const values = columns[at];
      const wanted = name === 'record_id' ? 2 * rows : rows;
      if (values.length !== wanted) {
        throw new InvalidBatch(`column '${name}' has ${values.length} elements for ${rows} rows`);
      }
      batch.columns[name] = signed(name, values);
    });
    this.row.columns = this.names.map((name) => batch.columns[name]);
    return batch;
  }
}

/** Signed numbers as such, whatever the engine's bindings lift them as. */
function signed(name, values) {
  const wrong = values instanceof BigUint64Array && (KINDS[name] === 'int' || KINDS[name] === 'millis');
  return wrong ? new BigInt64Array(values.buffer, values.byteOffset, values.length) : values;
}

/** A row with a property for each field; reading one that is not declared says what to do. */
function rowOf(names) {
  const row = { at: 0, columns: [] };
  for (const [name, kind] of Object.entries(KINDS)) {
    const column = names.indexOf(name);
    const read = READS[kind];
    let get = () => {
      throw new Error(`column '${name}' was read but is not declared: add "${name}" to columns in plugin.toml`);
    };
    if (column >= 0 && read === undefined) get = () => row.columns[column][row.at];
    else if (column >= 0) get = () => read(row.columns[column], row.at);
    Object.defineProperty(row, name, { get });
  }
  const bits = names.indexOf(CONTEXT);
  Object.defineProperty(row, 'bits', { get: () => (bits < 0 ? FOR_PARTITION : row.columns[bits][row.at]) });
  // Local time: `start_time` moved by `local_offset`; needs both columns.
  Object.defineProperty(row, 'local_time', { get: () => row.start_time + row.local_offset * MINUTE });
  return row;
}
