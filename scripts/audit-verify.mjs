// Proves the chain of a mirror or an export of the audit log. Needs no Redis, no Slack and no configuration.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { canonicalDigest } from '../src/adapters/runtime/canonical-digest.ts';
import { anchorText, readAnchor } from '../src/core/audit-chain.ts';
import { verifyChain } from '../src/core/audit-verify.ts';

/** @typedef {import('../src/core/audit-verify.ts').ProvenChain} ProvenChain */
/** @typedef {import('../src/core/audit-verify.ts').ChainDemands} ChainDemands */

const USAGE = `Usage: npm run audit:verify -- FILE [--anchor SEQ:HASH]… [--from SEQ]

  --anchor SEQ:HASH   entry SEQ has to have this hash: as the audit channel or an anchor file has it. May be repeated.
  --from SEQ          the file has to begin with this entry. A whole log begins with 1.

Exit code 0: proven. 1: broken, and the first broken entry is named. 2: it could not be looked at.`;

/** Exit codes. */
const PROVEN = 0;
const BROKEN = 1;
const UNREAD = 2;

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What was asked for, or why it cannot be understood.
 *
 * @param {readonly string[]} words
 * @returns {{ readonly file: string, readonly demands: ChainDemands } | { readonly problem: string }}
 */
function readWords(words) {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { anchor: { type: 'string', multiple: true }, from: { type: 'string' } },
      allowPositionals: true,
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) return { problem: 'Name one file.' };
    const given = values.anchor ?? [];
    const anchors = given.flatMap((text) => readAnchor(text) ?? []);
    if (anchors.length < given.length)
      return { problem: 'An anchor looks like 17:9f86d081…, with all 64 characters of the hash.' };
    const { from = null } = values;
    if (from !== null && !/^[1-9]\d{0,14}$/.test(from)) return { problem: '--from takes the number of an entry.' };
    return { file, demands: { anchors, first: from === null ? null : Number(from) } };
  } catch (error) {
    return { problem: wordsOf(error) };
  }
}

/**
 * The file as text; `null`: its bytes are no UTF-8, so nothing that Drydock wrote.
 *
 * @param {string} file
 */
function readText(file) {
  const bytes = readFileSync(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** @param {number} count */
function entries(count) {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'entry' : 'entries'}`;
}

/**
 * @param {ProvenChain} found
 * @param {number} anchors
 */
function tellProven({ first, last, unchained, links, head }, anchors) {
  const chained = last - first + 1 - unchained;
  if (chained > 0)
    say(
      `Proven: ${entries(chained)}, from ${first + unchained} to ${last}. Each follows the one before it, unchanged.`,
    );
  if (unchained > 0)
    say(
      `Not proven: ${entries(unchained)}, from ${first} to ${first + unchained - 1}. They are from before the chain.`,
    );
  if (links > 0) say(`Of ${entries(links)} only the link is here, without what it says.`);
  if (first > 1) say(`What came before entry ${first} is not in this file.`);
  if (head !== null) say(`Head: ${anchorText(head)}`);
  if (anchors === 0) say('Without an anchor it cannot be seen whether newer entries were cut off.');
  else say(anchors === 1 ? 'The anchor fits.' : `All ${anchors} anchors fit.`);
}

/** @param {readonly string[]} words */
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
    process.stderr.write(`The file cannot be read: ${wordsOf(error)}\n`);
    return UNREAD;
  }
  if (text === null) {
    say('Broken: the file is not UTF-8, so it is not as Drydock wrote it.');
    return BROKEN;
  }
  const found = verifyChain(canonicalDigest, text, asked.demands);
  if (!found.ok) {
    say(`Broken at line ${found.line}: ${found.words}`);
    say('Everything before it fits. What stands behind it was not looked at.');
    return BROKEN;
  }
  const given = asked.demands.anchors.length;
  if (found.compared < given) {
    say(`Not compared: an anchor lies before entry ${found.first}, with which the file begins.`);
    return UNREAD;
  }
  tellProven(found, given);
  return PROVEN;
}

process.exitCode = main(process.argv.slice(2));
