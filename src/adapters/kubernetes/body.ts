import type { KubernetesResult } from '../../core/ports/kubernetes.ts';
import { answered, failed } from './outcome.ts';

/** The bytes of an answer. */
export interface Body extends AsyncIterable<Uint8Array> {
  destroy(): unknown;
}

/** An answer whose status is no refusal. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
}

/** Reads an answer. What it throws counts as a broken connection. */
export type ReadBody<T> = (answer: Answer) => Promise<KubernetesResult<T>>;

/** The first bytes of a body as text. Beyond `most`, the rest is dropped and `whole` is false. */
export async function limitedText(
  body: Body,
  most: number,
): Promise<{ readonly text: string; readonly whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, most - size));
    size += chunk.length;
    if (size > most) {
      body.destroy();
      break;
    }
  }
  return { text: Buffer.concat(chunks).toString('utf8'), whole: size <= most };
}

/** Reads a body as JSON of at most this many bytes. */
export function jsonBody<T>(most: number, parse: (value: unknown) => KubernetesResult<T>): ReadBody<T> {
  return async ({ body }) => {
    const { text, whole } = await limitedText(body, most);
    if (!whole) return failed('too-large', `the answer has more than ${most} bytes`);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return failed(
        'server-error',
        'the answer is no JSON; something between here and the API server may have answered',
      );
    }
    return parse(value);
  };
}

/** Reads a body as text of at most this many bytes. */
export function textBody(most: number, advice: string): ReadBody<string> {
  return async ({ body }) => {
    const { text, whole } = await limitedText(body, most);
    return whole ? answered(text) : failed('too-large', `the answer has more than ${most} bytes; ${advice}`);
  };
}
