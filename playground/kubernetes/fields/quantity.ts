const suffixes: Readonly<Record<string, readonly [base: number, exponent: number]>> = {
  n: [10, -9],
  u: [10, -6],
  m: [10, -3],
  '': [10, 0],
  k: [10, 3],
  M: [10, 6],
  G: [10, 9],
  T: [10, 12],
  P: [10, 15],
  E: [10, 18],
  Ki: [2, 10],
  Mi: [2, 20],
  Gi: [2, 30],
  Ti: [2, 40],
  Pi: [2, 50],
  Ei: [2, 60],
};

const nano = 1_000_000_000n;

/** A quantity in billionths, exact: `500m` is 500,000,000. Finer parts are rounded up. `null`: it is no quantity. */
export function quantityNanos(value: unknown): bigint | null {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return null;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  const [, sign = '', whole = '', part = '', power = '', suffix = ''] = match ?? [];
  if (match === null || whole + part === '') return null;
  const [base, exponent] = power === '' ? (suffixes[suffix] ?? [10, 0]) : ([10, Number(power.slice(1))] as const);
  if (Math.abs(exponent) > 60) return null;
  const digits = BigInt(whole + part);
  const up = nano * digits * (exponent >= 0 ? BigInt(base) ** BigInt(exponent) : 1n);
  const down = 10n ** BigInt(part.length) * (exponent < 0 ? BigInt(base) ** BigInt(-exponent) : 1n);
  const size = up / down + (up % down === 0n ? 0n : 1n);
  return sign === '-' ? -size : size;
}

/** -1, 0 or 1. What is no quantity counts as none. */
export function compareQuantities(left: unknown, right: unknown): number {
  const difference = (quantityNanos(left) ?? 0n) - (quantityNanos(right) ?? 0n);
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** The quantity as the server writes it: no fraction, the largest suffix of its kind (`1024Mi` is `1Gi`, `1000m` is `1`). Others stay. */
export function canonicalQuantity(value: unknown): unknown {
  const nanos = quantityNanos(value);
  if (nanos === null) return value;
  if (nanos === 0n) return '0';
  const text = String(value);
  if (/[KMGTPE]i$/.test(text) && nanos % nano === 0n) return binary(nanos / nano);
  if (/[eE][+-]?\d+$/.test(text)) return scientific(nanos);
  return decimal(nanos);
}

function binary(amount: bigint): string {
  const names = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
  const [rest, steps] = reduced(amount, 1024n, names.length - 1);
  return `${rest}${names[steps] ?? ''}`;
}

function decimal(nanos: bigint): string {
  const names = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
  const [rest, steps] = reduced(nanos, 1000n, names.length - 1);
  return `${rest}${names[steps] ?? ''}`;
}

function scientific(nanos: bigint): string {
  const [rest, steps] = reduced(nanos, 1000n, 20);
  const exponent = steps * 3 - 9;
  return exponent === 0 ? String(rest) : `${rest}e${exponent}`;
}

function reduced(amount: bigint, by: bigint, most: number): readonly [bigint, number] {
  let rest = amount;
  let steps = 0;
  while (steps < most && rest % by === 0n) {
    rest /= by;
    steps += 1;
  }
  return [rest, steps];
}
