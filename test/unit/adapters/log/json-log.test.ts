import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createJsonLog } from '../../../../src/adapters/log/json-log.ts';
import { createRedact } from '../../../../src/adapters/log/redact.ts';

const Line = z.record(z.string(), z.unknown());

function capture(level = 'info') {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  const log = createJsonLog({ level, redact: createRedact(['s3cret-of-config']), destination });
  return { log, lines: () => written.map((line) => Line.parse(JSON.parse(line))) };
}

describe('createJsonLog', () => {
  test('writes one object a line, with time, level, message and data', () => {
    const { log, lines } = capture();

    log.info('step done', { seconds: 4 });

    expect(lines()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'step done',
        seconds: 4,
        time: expect.stringMatching(/^\d{4}-.*Z$/),
      }),
    ]);
  });

  test('carries run, cluster and step on every line; a line cannot overwrite them', () => {
    const { log, lines } = capture();
    const ofStep = log.with({ run: 'defrag-prod-7f3k', cluster: 'prod' }).with({ step: 0 });

    ofStep.warn('slow', { run: 'another' });
    ofStep.error('failed', { error: new Error('no answer') });

    expect(lines()).toEqual([
      expect.objectContaining({ level: 'warn', run: 'defrag-prod-7f3k', cluster: 'prod', step: 0 }),
      expect.objectContaining({
        level: 'error',
        run: 'defrag-prod-7f3k',
        error: expect.objectContaining({ message: 'no answer' }),
      }),
    ]);
  });

  test('redacts message, data and fields', () => {
    const { log, lines } = capture();

    log
      .with({ who: 'xoxb-canary' })
      .info('token s3cret-of-config', { url: 'redis://:canary@h', nested: { botToken: 'canary' } });

    expect(JSON.stringify(lines())).not.toMatch(/canary|s3cret/);
  });

  test('writes nothing below its level', () => {
    const { log, lines } = capture('error');

    log.info('a');
    log.warn('b');
    log.error('c');

    expect(lines().map((line) => line['msg'])).toEqual(['c']);
  });
});
