import { z } from 'zod';

const MOST_CHARACTERS = 300;
const LogLine = z.looseObject({ msg: z.string(), error: z.string().optional() });

/** What a program of etcd said why it ended: its error or panic, else its last line. The folder of the drill is left out. */
export function lastWords(stderr: string, folder: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.findLast(
    (line) => /^(error|panic|fatal)\b/i.test(line) || /"level":"(fatal|panic)"/.test(line),
  );
  const words = plain(telling ?? lines.at(-1) ?? 'it said nothing').replaceAll(folder, '…');
  return words.length > MOST_CHARACTERS ? `${words.slice(0, MOST_CHARACTERS)}…` : words.replace(/\.$/, '');
}

/** A line of its JSON log in words. */
function plain(line: string): string {
  try {
    const { msg, error } = LogLine.parse(JSON.parse(line));
    return error === undefined ? msg : `${msg}: ${error}`;
  } catch {
    return line;
  }
}
