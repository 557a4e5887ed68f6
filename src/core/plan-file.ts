import { z } from 'zod';
import { withoutSecrets } from './secrets.ts';

/** Most bytes of one file of a plan, as UTF-8. */
export const MOST_FILE_BYTES = 64 * 1024;
/** Most files of one plan. */
export const MOST_FILES = 8;

/** A text that a plan hands over whole, for instance a patch for Git. It is shown and kept, and not hashed. */
export const PlanFile = z.object({
  /** Name of the file, with its ending: `capi-md-0.patch.yaml`. Unique in a plan. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/),
  /** What it is, for people, in one line. */
  title: z.string().min(1),
  /** Plain text. */
  text: z.string(),
});
export type PlanFile = z.infer<typeof PlanFile>;

/** What of the files of a draft is kept with its plan. */
export interface KeptFiles {
  readonly files: readonly PlanFile[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/**
 * The files that are kept, each whole or not at all: a patch from which something is cut is another patch. One with what looks like a secret
 * is left out.
 *
 * @throws when a name is there twice or is none: the runbook is wrong.
 */
export function keptFiles(drafts: readonly PlanFile[]): KeptFiles {
  const all = drafts.map((draft) => PlanFile.parse(draft));
  if (new Set(all.map(({ name }) => name)).size < all.length) throw new Error('two files of the plan share a name');
  const files = all.filter(isWithoutSecrets);
  const secret = all
    .filter((file) => !isWithoutSecrets(file))
    .map(({ name }) => `The file ${name} is left out: it holds what looks like a secret.`);
  const fitting = files.filter(({ text }) => bytesIn(text) <= MOST_FILE_BYTES);
  const long = files
    .filter(({ text }) => bytesIn(text) > MOST_FILE_BYTES)
    .map(
      ({ name, text }) =>
        `The file ${name} has ${bytesIn(text)} bytes, more than the ${MOST_FILE_BYTES} that are kept, and is left out.`,
    );
  const many = fitting
    .slice(MOST_FILES)
    .map(({ name }) => `The file ${name} is left out: a plan keeps ${MOST_FILES} files.`);
  return { files: fitting.slice(0, MOST_FILES), notes: [...secret, ...long, ...many] };
}

function isWithoutSecrets({ text }: PlanFile): boolean {
  return withoutSecrets(text) === text;
}

function bytesIn(text: string): number {
  return new TextEncoder().encode(text).length;
}
