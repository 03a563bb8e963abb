// Telephone numbers as the host packs them: a BigInt whose top four bits are the kind, the rest the payload; 0n is absent.
//
// Owns reading and showing them. Does not own where they come from: columns hold them.

const KIND_SHIFT = 60n;
const PAYLOAD = (1n << KIND_SHIFT) - 1n;
// Characters of a packed dial string.
const DIALLED = 15;
const SYMBOLS = ' 0123456789*#+++';
// Most digits that can be left open.
const MOST_DROPPED = 9;

/** Digits of a full international number without `+`, as a Number; undefined for others. */
export function e164(number) {
  return number >> KIND_SHIFT === 1n ? Number(number & PAYLOAD) : undefined;
}

/** Whether a full international number starts with these digits, e.g. 371 or 1809. */
export function hasPrefix(number, prefix) {
  const digits = e164(number);
  return digits !== undefined && prefix > 0 && String(digits).startsWith(String(prefix));
}

/** All numbers that share this full one but for the last `dropped` digits (at most 9): `+3712810xxxx`. */
export function numberRange(number, dropped) {
  const open = Math.min(dropped, MOST_DROPPED);
  const digits = Math.floor((e164(number) ?? 0) / 10 ** open);
  return digits > 0 ? (4n << KIND_SHIFT) | (BigInt(digits) << 4n) | BigInt(open) : undefined;
}

/** From an international number's digits without `+`. */
export function fromE164(digits) {
  return (1n << KIND_SHIFT) | BigInt(digits);
}

/** `+34911234567`, or as dialled. */
export function numberText(number) {
  const payload = number & PAYLOAD;
  switch (Number(number >> KIND_SHIFT)) {
    case 1:
      return `+${payload}`;
    case 2: {
      let text = '';
      for (let at = DIALLED - 1; at >= 0; at--) {
        const symbol = Number((payload >> BigInt(4 * at)) & 15n);
        if (symbol) text += SYMBOLS[symbol];
      }
      return text;
    }
    case 3:
      return `other:${payload.toString(16).padStart(15, '0')}`;
    case 4:
      return `+${payload >> 4n}${'x'.repeat(Number(payload & 15n))}`;
    default:
      return '';
  }
}
