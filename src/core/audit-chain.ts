import { z } from 'zod';
import { Json } from './json.ts';
import type { Digest } from './ports/runtime.ts';

/** `prev` of the first link of a chain. */
export const CHAIN_START = '0'.repeat(64);

/** A SHA-256 in lower-case hex. */
export const Hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A place in the chain that somebody noted somewhere else: entry `seq` has this hash. */
export interface Anchor {
  readonly seq: number;
  readonly hash: string;
}

/** Number and links of an entry. Both hashes are `null` for an entry from before the chain. */
export interface Link {
  readonly seq: number;
  readonly prev: string | null;
  readonly hash: string | null;
}

const Linked = { seq: z.number().int().min(1), prev: Hash.nullable(), hash: Hash.nullable() };
const WholeLine = z.strictObject({ ...Linked, entry: Json });
const LinkLine = z.strictObject({ ...Linked, entryHash: Hash });

/** One line of a mirror or an export: an entry whole, or its link alone. */
export const AuditLine = z.union([WholeLine, LinkLine]);
export type AuditLine = z.infer<typeof AuditLine>;

/** The hash of entry `seq`, whose canonical JSON has the SHA-256 `entry`, behind an entry with the hash `prev`. */
export function linkHash(
  digest: Pick<Digest, 'of'>,
  link: { readonly seq: number; readonly prev: string; readonly entry: string },
): string {
  return digest.of({ entry: link.entry, prev: link.prev, seq: link.seq });
}

/** The line of an entry, whole or as its link alone, without the line break. */
export function lineOf(digest: Digest, { seq, prev, hash }: Link, content: Json, how: 'whole' | 'link'): string {
  return digest.text(
    how === 'whole' ? { entry: content, hash, prev, seq } : { entryHash: digest.of(content), hash, prev, seq },
  );
}

/** Whether an entry with this content stands where its link says: its hash is that of content, place and predecessor. */
export function isLinked(digest: Pick<Digest, 'of'>, { seq, prev, hash }: Link, entryHash: string): boolean {
  return prev !== null && hash !== null && linkHash(digest, { seq, prev, entry: entryHash }) === hash;
}

/** Reads an anchor as people pass it on, `17:9f86…`; `null`: it is none. */
export function readAnchor(text: string): Anchor | null {
  const [, seq = '', hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  return hash === '' || Number(seq) < 1 ? null : { seq: Number(seq), hash };
}

/** An anchor as {@link readAnchor} reads it. */
export function anchorText({ seq, hash }: Anchor): string {
  return `${seq}:${hash}`;
}
