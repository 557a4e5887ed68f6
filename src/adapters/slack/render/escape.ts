import type { Fragment, Line } from '../../../core/answer.ts';
import { parseTime } from '../../../core/time.ts';
import { joinFigures } from './figures.ts';

/**
 * Text from outside, safe inside Slack's mrkdwn: `& < >` escaped (so no mention or link can be injected), control and
 * invisible characters replaced, broken surrogates repaired. Keeps line breaks.
 */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\n]/gu, ' ')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** {@link escapeText} in one line: outside text cannot pretend to be a line of the card. */
export function inline(text: string): string {
  return joinFigures(oneLine(text));
}

function oneLine(text: string): string {
  return escapeText(text).replaceAll(/\s+/gu, ' ').trim();
}

/** Outside text for a plain-text object, in one line: Slack shows it as it is, so it is cleaned and not escaped. */
export function plainLine(text: string): string {
  return joinFigures(
    text
      .toWellFormed()
      .replaceAll(/\p{Cf}/gu, '')
      .replaceAll(/[\p{Cc}\s]+/gu, ' ')
      .trim(),
  );
}

/** Outside text as code. Backticks would end it, so they become quotes. */
export function code(text: string): string {
  const safe = oneLine(text).replaceAll('`', "'");
  return safe === '' ? '' : `\`${safe}\``;
}

const USER = /^[UW][A-Z0-9]{1,30}$/;

/** A person by Slack user id. */
export function person(user: string): string {
  return USER.test(user) ? `<@${user}>` : code(user);
}

/** Escaped text of our own that names people (`<@U…>`): these are mentions again, and nothing else is. */
export function withPeople(escaped: string): string {
  return escaped.replaceAll(/&lt;@([UW][A-Z0-9]{1,30})&gt;/g, '<@$1>');
}

/** A moment in the reader's own time zone; the fallback is UTC. */
export function moment(iso: string): string {
  return `<!date^${Math.floor(parseTime(iso) / 1000)}^{date_short_pretty} {time_secs}|${iso.replace('T', ' ').replace(/\.\d+Z$|Z$/, ' UTC')}>`;
}

/** One line of an answer as mrkdwn. */
export function lineText(line: Line): string {
  return typeof line === 'string' ? inline(line) : line.map(fragmentText).join('');
}

function fragmentText(fragment: Fragment): string {
  if (typeof fragment === 'string') return joinFigures(escapeText(fragment).replaceAll(/\s+/gu, ' '));
  if ('code' in fragment) return code(fragment.code);
  if ('user' in fragment) return person(fragment.user);
  if ('channel' in fragment) return channel(fragment.channel);
  if ('link' in fragment) return link(fragment.link, fragment.text);
  return `*${inline(fragment.strong)}*`;
}

const CHANNEL = /^[CGD][A-Z0-9]{1,30}$/;

/** A channel by Slack id. */
export function channel(id: string): string {
  return CHANNEL.test(id) ? `<#${id}>` : code(id);
}

/** A link to an address of our own; the text alone when the address is none. */
export function link(address: string, text: string): string {
  return /^https?:\/\/[^\s<>|]+$/.test(address) ? `<${address}|${inline(text)}>` : inline(text);
}
