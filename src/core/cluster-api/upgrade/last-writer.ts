import { z } from 'zod';
import { JsonObject } from '../../json.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { withoutSecrets } from '../../secrets.ts';
import { timeInWords } from '../../time.ts';

const Entry = z.object({
  manager: z.string(),
  operation: z.string().nullish(),
  time: z.string().nullish(),
  fieldsV1: JsonObject.nullish(),
});

/**
 * Who wrote a field last, by what the server noted: `capi-topology at 2026-11-22 10:00 UTC`; `null`: nobody is noted.
 *
 * @param path as of JSON patch: `/spec/version`
 */
export function lastWriter(object: KubernetesObject, path: string): string | null {
  const { data } = z.array(z.unknown()).safeParse(object.metadata['managedFields']);
  const names = path.split('/').slice(1);
  const found = (data ?? [])
    .flatMap((raw) => Entry.safeParse(raw).data ?? [])
    .filter(({ fieldsV1 }) => has(fieldsV1 ?? {}, names))
    .toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))[0];
  if (found === undefined) return null;
  const when = found.time === null || found.time === undefined ? '' : ` at ${timeInWords(found.time)}`;
  return `${withoutSecrets(found.manager)}${when}`;
}

function has(fields: JsonObject, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  const { data } = JsonObject.safeParse(fields[`f:${name}`]);
  return data !== undefined && has(data, rest);
}
