// Proves the chain of a mirror or an export of the audit log. Needs no Redis, no Slack and no configuration.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { canonicalDigest } from '../src/adapters/runtime/canonical-digest.ts';
import { anchorText, readAnchor } from '../src/core/audit-chain.ts';
import { verifyChain } from '../src/core/audit-verify.ts';

const USAGE = `Usage: npm run audit:verify -- FILE [--anchor SEQ:HASH]… [--from SEQ]

  --anchor SEQ:HASH   entry SEQ has to have this hash: as the audit channel or an anchor file has it. May be repeated.
  --from SEQ          the file has to begin with this entry. A whole log begins with 1.

Exit code 0: proven. 1: broken, and the first broken entry is named. 2: it could not be looked at.`;

/** Exit codes. */
const PROVEN = 0;
const BROKEN = 1;
const UNREAD = 2;

function say(line) {
  process.stdout.write(`${line}\n`);
}

/** What was asked for, or why it cannot be understood. */
function readWords(words) {
  try {
    const options = { anchor: { type: 'string', multiple: true, default: [] }, from: { type: 'string' } };
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) return { problem: 'Name one file.' };
    const anchors = values.anchor.map((text) => readAnchor(text));
    if (anchors.includes(null))
      return { problem: 'An anchor looks like 17:9f86d081…, with all 64 characters of the hash.' };
    const { from = null } = values;
    if (from !== null && !/^[1-9]\d{0,14}$/.test(from)) return { problem: '--from takes the number of an entry.' };
    return { file, anchors, first: from === null ? null : Number(from) };
  } catch (error) {
    return { problem: error.message };
  }
}

/** The file as text; bytes that are no UTF-8 are nothing that Drydock wrote. */
function readText(file) {
  const bytes = readFileSync(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function count(number, one, more) {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : more}`;
}

function tellProven({ first, last, unchained, links, head }, anchors) {
  say(
    `Proven: ${count(last - first + 1, 'entry', 'entries')}, from ${first} to ${last}. Each follows the one before it, and none was changed.`,
  );
  if (unchained > 0)
    say(
      `Not proven: the first ${count(unchained, 'entry', 'entries')} (from ${first} to ${first + unchained - 1}). They are from before the chain, and nothing proves them.`,
    );
  if (links > 0) say(`Of ${count(links, 'entry', 'entries')} only the link is here, without what it says.`);
  if (first > 1) say(`What came before entry ${first} is not in this file.`);
  if (head !== null) say(`Head: ${anchorText(head)}`);
  const fit = anchors.length === 1 ? 'The anchor fits.' : `All ${anchors.length} anchors fit.`;
  say(anchors.length === 0 ? 'Without an anchor it cannot be seen whether newer entries were cut off.' : fit);
}

function main(words) {
  const asked = readWords(words);
  if ('problem' in asked) {
    process.stderr.write(`${asked.problem}\n\n${USAGE}\n`);
    return UNREAD;
  }
  let text;
  try {
    text = readText(asked.file);
  } catch (error) {
    process.stderr.write(`The file cannot be read: ${error.message}\n`);
    return UNREAD;
  }
  if (text === null) {
    say('Broken: the file is not UTF-8, so it is not as Drydock wrote it.');
    return BROKEN;
  }
  const found = verifyChain(canonicalDigest, text, asked);
  if (!found.ok) {
    say(`Broken at line ${found.line}: ${found.words}`);
    say('Everything before it fits. What stands behind it was not looked at.');
    return BROKEN;
  }
  if (asked.anchors.length > 0 && found.compared < asked.anchors.length) {
    say(`Not compared: an anchor lies before entry ${found.first}, with which the file begins.`);
    return UNREAD;
  }
  tellProven(found, asked.anchors);
  return PROVEN;
}

process.exitCode = main(process.argv.slice(2));
