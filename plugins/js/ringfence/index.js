// All that the author of a Ringfence detector needs, in JavaScript.
//
// A detector says which rows it wants (`select`), what it makes of them in the order in which they happened (`step`), and
// how it puts an episode into words (`describe`). This package owns the rest: late, shuffled and repeated events, state
// that survives restarts, revisions of findings, and the component itself (`component.js`). `template/detector.js` is the
// shortest complete example. It means the same as the Rust SDK (`plugins/sdk`), and tests hold the two against each other.

export { dateText, dayFromDate, dayOf, minuteOf, timeText, weekdayOf } from './calendar.js';
export { Detector } from './detector.js';
export { known } from './fields.js';
export { e164, fromE164, hasPrefix, numberRange, numberText } from './telephone.js';
export {
  About, DAY, HOUR, InvalidBatch, InvalidSettings, InvalidState, MINUTE, Name, PhoneNumber, Real, Report, SECOND,
  Severity, Subject, Time, plural,
} from './values.js';
export { businessHours, holidays, intern, isOurs, log, resolve, utcOffset } from './world.js';
