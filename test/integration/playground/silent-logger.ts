import { type Logger, LogLevel } from '@slack/bolt';

/** A logger of Slack's libraries that says nothing: what goes wrong in a test is seen by the test itself. */
export const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
