import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { startScene } from '../../support/scripted-api.ts';

const CALL = { timeoutMs: 10_000 };

let scene: Awaited<ReturnType<typeof startScene>>;
beforeEach(async () => {
  scene = await startScene();
});
afterEach(() => scene.end());

function codeOf(result: KubernetesResult<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

test('only the samples that are asked for, wherever the text is cut on its way', async () => {
  const lines = ['# HELP wanted words', 'wanted{a="ü"} 1', 'wanted_total 2', 'other 3', 'wanted{a="2"} 4', 'wanted 5'];
  const bytes = Buffer.from(lines.join('\n'));
  scene.api.answer(() => (response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    for (const byte of bytes) response.write(Uint8Array.of(byte));
    response.end();
  });
  expect(await scene.port.metrics(['wanted'], CALL)).toEqual({
    ok: true,
    value: 'wanted{a="ü"} 1\nwanted{a="2"} 4\nwanted 5\n',
  });
  expect(scene.api.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /metrics']);
});

test('much that nobody asked for is read through; too much of what was asked for is not kept', async () => {
  const line = `other{a="${'x'.repeat(1000)}"} 1\n`;
  scene.api.answer(() => (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    for (let count = 0; count < 3000; count += 1) response.write(line);
    response.end('wanted 1\n');
  });
  expect(await scene.port.metrics(['wanted'], CALL)).toEqual({ ok: true, value: 'wanted 1\n' });
  expect(codeOf(await scene.port.metrics(['other'], CALL))).toBe('too-large');
  expect(codeOf(await scene.port.metrics(['other'], { ...CALL, maxBytes: 4 << 20 }))).toBe('ok');
});

test('a line without an end is not gathered for ever', async () => {
  scene.api.answer(() => (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('x'.repeat(2 << 20));
  });
  expect(codeOf(await scene.port.metrics(['wanted'], CALL))).toBe('too-large');
});

test('who may not read them is told the rule that would allow it', async () => {
  const message = 'forbidden: User "drydock" cannot get path "/metrics"';
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'Forbidden',
    details: {},
    message,
    code: 403,
  };
  scene.api.answer(() => ({ status: 403, body }));
  const result = await scene.port.metrics(['wanted'], CALL);
  expect(codeOf(result)).toBe('forbidden');
  expect(result.ok ? '' : result.error.message).toContain('nonResourceURLs');
});
