import { expect, test, vi } from 'vitest';
import { ActAnswer } from '../../../playground/page/contract.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { startDemo } from '../../support/e2e-demo.ts';

vi.setConfig({ testTimeout: 120_000 });

test('npm run demo serves the page beside the terminal session, and outlives a worker that was killed on it', async () => {
  const demo = await startDemo(['--fill', '1']);
  const found = waitFor('the address', () => /http:\/\/127\.0\.0\.1:\d+\/page\//.exec(demo.stderr())?.[0], {
    timeoutMs: 90_000,
  });
  const address = await found.catch((error: unknown) => {
    throw new Error(`the demo said: ${demo.stderr()}`, { cause: error });
  });
  const html = await (await fetch(address)).text();
  const script = /src="([^"]+\.js)"/.exec(html)?.[1] ?? 'none';

  expect((await fetch(new URL(script, address))).status).toBe(200);
  expect(await fault(address, 'kill')).toEqual({ ok: true });
  expect(await fault(address, 'start')).toEqual({ ok: true });
  expect(demo.stderr()).not.toContain('ended by itself');

  demo.stdin.write('quit\n');
  expect(await demo.ended).toBe(0);
  await waitFor('everything to be gone', () => demo.leftovers().length === 0);
});

async function fault(address: string, wanted: 'kill' | 'start'): Promise<ActAnswer> {
  const response = await fetch(new URL('api/act?as=operator', address), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(address).origin },
    body: JSON.stringify({ act: 'fault', target: 'worker', fault: wanted }),
  });
  return ActAnswer.parse(await response.json());
}
