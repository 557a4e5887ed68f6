import { z } from 'zod';
import type { Attempt } from '../contracts.ts';
import { badRequest, done, refused } from './refusals.ts';

/** Where a list goes on. */
export interface Continuation {
  /** The revision of the whole list; -1: the newest there is. */
  readonly revision: number;
  /** First key, below the prefix of the list. */
  readonly start: string;
}

const Token = z.object({ v: z.literal('meta.k8s.io/v1'), rv: z.number().int(), start: z.string() });

/** The token, in the form of a real server's. */
export function continueToken({ revision, start }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url');
}

/** Reads a token; 400 for what is none. */
export function readContinueToken(token: string): Attempt<Continuation> {
  const bytes = Buffer.from(token, 'base64url');
  try {
    const { rv, start } = Token.parse(JSON.parse(bytes.toString()));
    const inside = start.startsWith('/') ? start.slice(1) : start;
    if (rv === 0 || inside.split('/').includes('..')) throw new Error('out of range');
    return done({ revision: rv, start: inside });
  } catch {
    const found = String.fromCodePoint(bytes[0] ?? 0);
    const why = `invalid character '${found}' looking for beginning of value`;
    return refused(badRequest(`invalid continue token: continue key is not valid: ${why}`));
  }
}
