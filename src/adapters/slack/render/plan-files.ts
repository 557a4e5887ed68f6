import type { Plan } from '../../../core/plan.ts';
import type { PlanFile } from '../../../core/plan-file.ts';
import { code, inline } from './escape.ts';
import { shorten } from './fit.ts';
import { PIECE_BYTES } from './marks.ts';
import { type ThreadFile, textsOf } from './thread-parts.ts';

/** A file that follows the messages of an entry: the file, and messages with the same content as the way when it cannot be uploaded. */
export interface Attached {
  readonly file: ThreadFile;
  readonly texts: readonly string[];
}

/** The files of a plan, for its thread. Their names there begin with the run, because several runs may share a thread. */
export function attachedFiles(runId: string, files: readonly PlanFile[] = []): readonly Attached[] {
  return files.map(({ name, title, text }) => {
    const whole = text.trim() === '' ? '(empty)' : text.toWellFormed();
    return {
      file: { name: `${runId}-${name}`, title, content: whole },
      texts: textsOf({ kind: 'raw', title: `${name}: ${title}`, text: whole }),
    };
  });
}

/** What a plan hands over, a line for each file. */
export function fileLines({ files = [] }: Pick<Plan, 'files'>): readonly string[] {
  return files.map(({ name, title }) => `File ${code(name)} in the thread: ${shorten(inline(title), PIECE_BYTES)}`);
}
