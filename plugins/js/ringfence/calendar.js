// Civil dates without a clock or a zone library.
//
// Owns date arithmetic on milliseconds that are already local. Does not own zones: the host gives offsets.

import { DAY, MINUTE } from './values.js';

/** Days since 1970-01-01 of a (local) moment. */
export function dayOf(at) {
  return Math.floor(at / DAY);
}

/** Minute of the day of a (local) moment, 0 to 1439. */
export function minuteOf(at) {
  return Math.floor((at - dayOf(at) * DAY) / MINUTE);
}

/** Weekday of a day, 0 is Monday. */
export function weekdayOf(day) {
  return (((day + 3) % 7) + 7) % 7;
}

/** Year, month and day of the month (Howard Hinnant's `civil_from_days`). */
export function dateOf(day) {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const leaps = Math.floor(doe / 1_460) - Math.floor(doe / 36_524) + Math.floor(doe / 146_096);
  const yoe = Math.floor((doe - leaps) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return [yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - Math.floor((153 * mp + 2) / 5) + 1];
}

/** Day of a date (Howard Hinnant's `days_from_civil`). */
export function dayFromDate(year, month, day) {
  const y = year - (month <= 2 ? 1 : 0);
  const era = Math.floor(y / 400);
  const yoe = y - era * 400;
  const doy = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * 146_097 + yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy - 719_468;
}

const two = (n) => String(n).padStart(2, '0');

/** `2026-03-01`. */
export function dateText(day) {
  const [year, month, date] = dateOf(day);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`;
}

/** `23:05` of a (local) moment. */
export function timeText(at) {
  const minute = minuteOf(at);
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
