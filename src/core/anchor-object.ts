import { type Anchor, anchorText, readAnchor } from './audit-chain.ts';
import { readWhole } from './object-bytes.ts';
import type { ObjectResult, ObjectStore } from './ports/object-store.ts';

/** An anchor as it is kept. */
export interface KeptAnchor extends Anchor {
  /** When it was kept, as the object says. */
  readonly at: string;
}

/** What a place of anchors holds. */
export interface KeptAnchors {
  /** By number. */
  readonly anchors: readonly KeptAnchor[];
  /** Keys of objects that are called like anchors and are none. */
  readonly strange: readonly string[];
}

/** Bytes of an anchor at most. */
export const ANCHOR_BYTES = 500;

/** Anchors that are read at the same time. */
const AT_ONCE = 20;

/** Key of the object with the anchor of an entry: `000000001234.anchor`. */
export function anchorKey(seq: number): string {
  return `${String(seq).padStart(12, '0')}.anchor`;
}

/** Content of that object: `1234:HASH` and the time. */
export function anchorContent(anchor: Anchor, at: string): Uint8Array {
  return new TextEncoder().encode(`${anchorText(anchor)} ${at}\n`);
}

/** Reads such an object; `null`: it is none, or not the one of its name. */
export function readAnchorObject(key: string, content: Uint8Array): KeptAnchor | null {
  const [, text = '', at = ''] = /^(\S+) (\S+)\n$/.exec(new TextDecoder().decode(content)) ?? [];
  const anchor = readAnchor(text);
  return anchor === null || anchorKey(anchor.seq) !== key ? null : { ...anchor, at };
}

/** Reads all anchors of a store. What is called otherwise is passed over. */
export async function readAnchors(
  store: Pick<ObjectStore, 'list' | 'get' | 'place'>,
): Promise<ObjectResult<KeptAnchors>> {
  const anchors: KeptAnchor[] = [];
  const strange: string[] = [];
  let after: string | null = '';
  while (after !== null) {
    const from: string = after;
    const page = await store.list(from === '' ? {} : { after: from });
    if (!page.ok) return page;
    const keys = page.value.objects.flatMap(({ key }) => (/^\d+\.anchor$/.test(key) ? [key] : []));
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const some = keys.slice(at, at + AT_ONCE);
      const reads = await Promise.all(
        some.map(async (key) => ({ key, read: await readWhole(store, key, ANCHOR_BYTES) })),
      );
      for (const { key, read } of reads) {
        if (!read.ok && read.error.code !== 'refused') return read;
        const anchor = read.ok ? readAnchorObject(key, read.value.bytes) : null;
        if (anchor === null) strange.push(key);
        else anchors.push(anchor);
      }
    }
    after = page.value.next;
  }
  return { ok: true, value: { anchors: anchors.toSorted((a, b) => a.seq - b.seq), strange } };
}
