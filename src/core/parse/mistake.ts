import type { Answer, Line } from '../answer.ts';

/** Why a text is no valid command, in words for the person who typed it. */
export interface Mistake {
  /** What is wrong, naming the word that is. */
  readonly text: string;
  /** The command that was most likely meant, ready to be typed; `null`: no guess. */
  readonly nearest: string | null;
  /** How the command is used; `null`: the command itself is not known. */
  readonly usage: string | null;
}

/** The answer to a mistake: what is wrong, what was meant, how it is used. */
export function mistakeAnswer(mistake: Mistake): Answer {
  const lines: Line[] = [];
  if (mistake.nearest !== null) lines.push(['Did you mean ', { code: mistake.nearest }, '?']);
  if (mistake.usage !== null) lines.push(['Usage: ', { code: mistake.usage }]);
  lines.push(
    mistake.usage === null
      ? [{ code: '/kube help' }, ' lists the commands. Nothing was started.']
      : 'Nothing was started.',
  );
  return { kind: 'mistake', title: mistake.text, lines, table: null, reason: 'mistake' };
}
