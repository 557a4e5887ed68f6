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

/** What programs of etcd say when what they read is not what it should be: their own words, and those of the database. */
const OF_CONTENT =
  /sha256|checksum|missing hash|hash mismatch|invalid database|invalid (?:free)?page|invalid magic|version mismatch|file size too small|freelist|freepages|unreachable unfreed|page \d+|branch page|leaf page|assertion failed|bbolt|corrupt|no such bucket|bucket .*not found|unexpected EOF|failed to (?:recover|unmarshal)|proto: |consistent index/i;

/** Whether a program ended because of the content, as its words say. What says nothing of the kind may be the worker's own trouble. */
export function blamesContent(stderr: string): boolean {
  return OF_CONTENT.test(stderr);
}
