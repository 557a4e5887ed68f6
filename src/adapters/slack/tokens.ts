import { parseArgsStringToArgv } from 'string-argv';

/** Words of a typed text, or why it cannot be split. */
export type Tokens =
  | { readonly ok: true; readonly tokens: readonly string[] }
  | { readonly ok: false; readonly text: string };

/** Longer texts are no commands. */
const LONGEST = 2000;

const SPACES = /[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/gu;
const INVISIBLE = /\p{Cf}|\p{Variation_Selector}|[^\P{Cc}\s]/gu;
/** Slack's escapes of mentions and links: `<@U1|ann>`, `<#C1|ops>`, `<https://x|label>`. */
const MENTION = /<([@#][A-Z0-9]+)(?:\|[^>]*)?>/g;
const LINK = /<(?:https?:\/\/|mailto:)[^|>]*\|([^>]*)>|<(https?:\/\/[^>]*)>/g;

/**
 * What was meant by what a keyboard or Slack made of it: em dashes at the start of a word are two dashes, curly quotes
 * are quotes, an apostrophe inside a word is none, odd spaces are spaces, code marks, control and invisible characters vanish.
 */
export function normalise(typed: string): string {
  return typed
    .normalize('NFC')
    .replaceAll(INVISIBLE, '')
    .replaceAll(SPACES, ' ')
    .replaceAll(LINK, (_whole, label: string | undefined, address: string | undefined) => label ?? address ?? '')
    .replaceAll(MENTION, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('`', '')
    .replaceAll(/[\u201C\u201D\u201E\u201F\u00AB\u00BB]/gu, '"')
    .replaceAll(/[\u2018\u2019\u201A\u201B]/gu, "'")
    .replaceAll(/(?<=[\p{L}\p{N}])'(?=\p{L})/gu, '\u2019')
    .replaceAll(/(?<=^|\s)[-\u2010-\u2015\u2212]*[\u2013-\u2015][-\u2010-\u2015\u2212]*/gu, '--')
    .replaceAll(/[\u2010-\u2015\u2212]/gu, '-');
}

/** Splits a typed text into words as a shell does: spaces separate, quotes keep together. */
export function tokensOf(typed: string): Tokens {
  const text = normalise(typed).trim();
  if (text.length > LONGEST)
    return { ok: false, text: `That text has ${text.length} characters; commands have at most ${LONGEST}.` };
  const open = openQuote(text);
  if (open !== null) return { ok: false, text: `A quotation mark (${open}) is opened and never closed.` };
  const tokens = parseArgsStringToArgv(text);
  const first = tokens[0]?.toLowerCase();
  return { ok: true, tokens: first === '/kube' || first === 'kube' ? tokens.slice(1) : tokens };
}

/** The text after the mention of the bot at its start; the whole text when it does not begin with one. */
export function withoutMention(text: string, botUser: string): string {
  const mention = new RegExp(`^\\s*<@${botUser}(?:\\|[^>]*)?>[\\s:,]*`);
  return text.replace(mention, '');
}

function openQuote(text: string): string | null {
  let open: string | null = null;
  for (const letter of text) {
    if (open === null && (letter === '"' || letter === "'")) open = letter;
    else if (letter === open) open = null;
  }
  return open;
}
