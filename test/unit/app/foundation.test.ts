import { describe, expect, test } from 'vitest';
import { createFoundation } from '../../../src/app/foundation.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { GOOD, load } from '../config/support.ts';

describe('createFoundation', () => {
  test('knows every secret of the environment by value, however it is written', async () => {
    const env = {
      SLACK_BOT_TOKEN: 'xoxb-canary-1',
      SLACK_SIGNING_SECRET: 'canary-signing',
      REDIS_URL: 'redis://user:canary%2Fpass@127.0.0.1:6379/0',
      AWS_SECRET_ACCESS_KEY: 'canary/of+aws',
      AWS_SESSION_TOKEN: 'canary-session',
    };
    const loaded = await load(GOOD, { env });
    expect(loaded.ok).toBe(true);
    if (!loaded.ok) return;
    const { redact } = createFoundation(loaded.config, loaded.environment, silentLog);

    const shown = [
      redact.text(`signed with ${env.SLACK_SIGNING_SECRET}`),
      redact.text(`signing with ${env.AWS_SECRET_ACCESS_KEY} in ${env.AWS_SESSION_TOKEN}`),
      redact.text('AUTH user canary/pass'),
      redact.text('AUTH user canary%2Fpass'),
      JSON.stringify(redact({ env, url: new URL(env.REDIS_URL), list: [env.SLACK_BOT_TOKEN] })),
    ];

    expect(shown.join(' ')).not.toContain('canary');
  });
});
