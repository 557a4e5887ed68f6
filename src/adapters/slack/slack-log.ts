import { type Logger, LogLevel } from '@slack/bolt';
import type { Log } from '../../core/ports/runtime.ts';
import { withoutSecrets } from '../../core/secrets.ts';

const LONGEST = 1000;

/** Slack's logger interface over ours. Debug lines are dropped: they would hold message texts. Tokens are cut out. */
export function slackLog(log: Log): Logger {
  return {
    debug: () => undefined,
    info: (...parts: readonly unknown[]) => log.info('slack sdk', { said: words(parts) }),
    warn: (...parts: readonly unknown[]) => log.warn('slack sdk', { said: words(parts) }),
    error: (...parts: readonly unknown[]) => log.error('slack sdk', { said: words(parts) }),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

function words(parts: readonly unknown[]): string {
  return withoutSecrets(parts.map(textOf).join(' ')).slice(0, LONGEST);
}

function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  return part instanceof Error ? part.message : typeof part;
}
