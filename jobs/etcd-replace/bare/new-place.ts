import { hostOf } from '../../../src/core/etcd/peer-url.ts';
import type { CaseBasis } from '../case-plan.ts';
import { targetOf } from '../lines.ts';

/** Who the new member of a bare ring is to be, and where. */
export interface NewPlace {
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** At another address than the old one. */
  readonly elsewhere: boolean;
}

/** A place, or why there is none, without a period. */
export type NewPlaceAnswer =
  | { readonly ok: true; readonly value: NewPlace }
  | { readonly ok: false; readonly why: string };

/**
 * Where the new member is to be: at the peer URL that was asked for, else at that of the old one. At another address it has another name, the next
 * free number of the ring's: two members of one name cannot be told apart. Pure.
 */
export function newPlace(basis: CaseBasis): NewPlaceAnswer {
  const { params, planned, place } = basis;
  const target = targetOf(basis);
  const old = target?.peerUrls ?? (place.peerUrl === '' ? [] : [place.peerUrl]);
  const wanted = params.peerUrl === null ? old : [params.peerUrl];
  if (wanted.length === 0)
    return { ok: false, why: `the address of ${basis.name} is not known: give the new one with --peer-url` };
  const wrong = wanted.find((url) => !isPeerUrl(url));
  if (wrong !== undefined) return { ok: false, why: `${wrong} is no peer URL: write https://HOST:2380` };
  const [like] = planned.members.flatMap(({ peerUrls }) => peerUrls);
  const other = wanted.find((url) => like !== undefined && new URL(url).protocol !== new URL(like).protocol);
  if (other !== undefined)
    return {
      ok: false,
      why: `${other} is not of the same kind as ${like ?? ''}: peers that are encrypted do not talk to others`,
    };
  const taken = planned.members.find(
    ({ id, peerUrls }) =>
      (basis.case === 'swap' || id !== target?.id) && peerUrls.some((url) => sameAddress(url, wanted)),
  );
  if (taken !== undefined)
    return { ok: false, why: `${wanted.join(', ')} is the address of ${taken.name === '' ? taken.id : taken.name}` };
  const elsewhere = !wanted.every((url) => old.includes(url));
  const names = planned.members.map(({ name }) => name);
  const name = elsewhere || basis.name === '' ? nextName(basis.name, names) : basis.name;
  return { ok: true, value: { name, peerUrls: wanted, elsewhere } };
}

function isPeerUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:\/\/[^/]+:\d+\/?$/.test(url);
}

function sameAddress(url: string, wanted: readonly string[]): boolean {
  return wanted.some(
    (each) => URL.canParse(url) && hostOf(each) === hostOf(url) && new URL(each).port === new URL(url).port,
  );
}

/** `m-2` of `m-1` to `m-3`: `m-4`. Names without a number get `-2`. */
function nextName(name: string, names: readonly string[]): string {
  const [, base = `${name === '' ? 'member' : name}-`] = /^(.*?)\d+$/.exec(name) ?? [];
  const numbers = names.flatMap((each) => {
    const rest = each.startsWith(base) ? each.slice(base.length) : '';
    return /^\d{1,6}$/.test(rest) ? [Number(rest)] : [];
  });
  return `${base}${Math.max(1, ...numbers) + 1}`;
}
