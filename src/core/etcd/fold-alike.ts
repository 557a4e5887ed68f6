/** One thing that is told of one member, pod or address. */
export interface Told {
  /** Whom it is told of, for people. Empty: nobody in particular. */
  readonly name: string;
  /** What else stands for the same one in the text: an id, an address. */
  readonly also: readonly string[];
  readonly text: string;
}

/** What the names are replaced by while texts are compared; no text of people or servers has it. */
const SOMEBODY = '\u0000';

/** The texts, in the order they came. Those that differ only in whom they name are told once, with the others named. */
export function foldAlike(told: readonly Told[]): readonly string[] {
  const groups = new Map<string, Told[]>();
  for (const each of told) {
    const key = withoutNames(each);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((alike) => {
    const [first, ...rest] = alike;
    const others = [...new Set(rest.map(({ name }) => name))].filter((name) => name !== '' && name !== first?.name);
    return others.length === 0 ? (first?.text ?? '') : `${first?.text ?? ''} (the same for ${others.join(', ')})`;
  });
}

/** Longer names first, and whole ones only: `m-1` is not in `m-10`, but `cp-1` is in `etcd-cp-1`. */
function withoutNames({ name, also, text }: Told): string {
  const names = [name, ...also].filter((each) => each !== '').toSorted((a, b) => b.length - a.length);
  return names.reduce((rest, each) => rest.replaceAll(wholeWord(each), SOMEBODY), text);
}

/** Whether a text names somebody: whole, not as a part of a longer name. */
export function saysName(text: string, name: string): boolean {
  return name !== '' && wholeWord(name).test(text);
}

function wholeWord(name: string): RegExp {
  return new RegExp(`(?<![0-9A-Za-z])${name.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&')}(?![0-9A-Za-z])`, 'g');
}
