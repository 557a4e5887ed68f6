import { formatBytes } from '../bytes.ts';

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/**
 * Reads an amount as Kubernetes writes it (`100m`, `1.5`, `2e3`, `512Mi`), in thousandths, rounded up; `null`: it is none. Exact up to
 * 2^53. Source: apimachinery `resource.Quantity`.
 */
export function milliAmount(text: string): number | null {
  const [, sign, whole = '', part = '', suffix = '', exponent] =
    /^([+-]?)(\d{0,20})(?:\.(\d{0,20}))?(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?\d{1,3}))?$/.exec(text) ?? [];
  if (whole === '' && part === '') return null;
  const tens = (DECIMAL[suffix] ?? 0) + Number(exponent ?? 0) - part.length + 3;
  const digits = Number(`${whole}${part}`) * 2 ** (BINARY[suffix] ?? 0);
  const amount = Math.ceil(tens < 0 ? digits / 10 ** -tens : digits * 10 ** tens);
  if (!Number.isFinite(amount)) return null;
  return sign === '-' && amount !== 0 ? -amount : amount;
}

/** Amounts by the name of the resource: `cpu` in thousandths of a CPU, everything else in whole units (bytes, pods, devices), rounded up. */
export type Resources = Readonly<Record<string, number>>;

/** Reads amounts as containers ask for them and nodes offer them. What is no amount is left out. */
export function readResources(raw: Readonly<Record<string, string | number>> | null | undefined): Resources {
  const read: Record<string, number> = {};
  for (const [name, text] of Object.entries(raw ?? {})) {
    const milli = milliAmount(String(text));
    if (milli !== null) read[name] = name === 'cpu' ? milli : Math.ceil(milli / 1000);
  }
  return read;
}

/** Both together. */
export function addResources(a: Resources, b: Resources): Resources {
  const sum: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

/** The greater of both, for each resource. */
export function mostResources(a: Resources, b: Resources): Resources {
  const most: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) most[name] = Math.max(most[name] ?? 0, amount);
  return most;
}

/** An amount of a resource for people: `1.5 CPUs`, `6.5 GiB memory`, `12 pods`, `2 nvidia.com/gpu`. */
export function amountWords(name: string, amount: number): string {
  if (name === 'cpu') return amount === 1000 ? '1 CPU' : `${Number((amount / 1000).toFixed(2))} CPUs`;
  if (name === 'pods') return amount === 1 ? '1 pod' : `${amount} pods`;
  if (name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-')) {
    return `${amount < 0 ? '-' : ''}${formatBytes(Math.abs(amount))} ${name === 'ephemeral-storage' ? 'disk' : name}`;
  }
  return `${amount} ${name}`;
}
