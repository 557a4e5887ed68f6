import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ActAnswer, PageEvent } from '../../../playground/page/contract.ts';
import { servePages } from '../../../playground/page/serve.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { type StandIn, startStandInBot } from './stand-in-bot.ts';

let workspace: Workspace;
let bot: StandIn;
let folder: string;
let origin: string;
const faults: unknown[] = [];

beforeEach(async () => {
  workspace = await startWorkspace();
  bot = await startStandInBot(workspace, { votes: 1, outcome: 'succeeded' });
  folder = await mkdtemp(join(tmpdir(), 'drydock-page-'));
  await writeFile(join(folder, 'index.html'), '<p>the page</p>');
  await writeFile(join(folder, '..', `${folder.split('/').at(-1)}.js`), 'secret');
  origin = new URL(workspace.apiUrl).origin;
  faults.length = 0;
  workspace.serve(
    servePages({
      workspace,
      state: workspace.state,
      port: Number(new URL(origin).port),
      life: 'a',
      folder: Promise.resolve(folder),
      completions: { commands: [{ command: '/kube', description: '', verbs: [] }], clusters: [], members: [] },
      setFault: async (wanted) => {
        faults.push(wanted);
        return await Promise.resolve('there is no ring here');
      },
      setMemberFault: async ({ cluster, fault, member }) =>
        await Promise.resolve(`no ${fault} of ${member} on ${cluster}`),
      turnSwitch: async ({ cluster, switch: name, on }) =>
        await Promise.resolve(`${cluster} has no ${name} to turn ${on ? 'on' : 'off'}`),
      work: async (cluster) => await Promise.resolve(`nothing to do for ${cluster}`),
      watchPanel: () => () => undefined,
    }),
  );
});

afterEach(async () => {
  await bot.stop();
  await workspace.stop();
  await rm(folder, { recursive: true, force: true });
  await rm(`${folder}.js`, { force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks with exactly these headers and this path, as no browser and no fetch would. */
async function ask(path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const asking = request(
      { hostname, port, path, headers, method: body === undefined ? 'GET' : 'POST' },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
}

async function act(as: string, wanted: object): Promise<ActAnswer> {
  const response = await fetch(`${origin}/page/api/act?as=${as}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify(wanted),
  });
  return ActAnswer.parse(await response.json());
}

/** What a person's page is sent, until `enough`. */
async function eventsOf(as: string, enough: (events: readonly PageEvent[]) => boolean): Promise<readonly PageEvent[]> {
  const stop = new AbortController();
  const response = await fetch(`${origin}/page/api/events?as=${as}`, { signal: stop.signal });
  const events: PageEvent[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const one of whole) if (one.startsWith('data: ')) events.push(PageEvent.parse(JSON.parse(one.slice(6))));
    if (enough(events)) break;
  }
  stop.abort();
  return events;
}

test('the page comes with a policy that lets nothing foreign or inline in', async () => {
  const { status, headers, body } = await ask('/page/');

  expect(status).toBe(200);
  expect(body).toBe('<p>the page</p>');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect((await ask('/')).headers.location).toBe('/page/');
});

test('a link to a message leads to it on the page', async () => {
  const { status, headers } = await ask('/archives/C0OPS/p1763740000000001?thread_ts=1');

  expect(status).toBe(302);
  expect(headers.location).toBe('/page/#/C0OPS/1763740000000001');
});

test('nothing outside of the built folder is served', async () => {
  const name = folder.split('/').at(-1) ?? '';

  for (const path of [
    `/page/../${name}.js`,
    `/page/..%2f${name}.js`,
    `/page/%2e%2e/${name}.js`,
    '/page//etc/passwd',
    '/page/.env',
  ]) {
    expect((await ask(path)).body).not.toContain('secret');
    expect((await ask(path)).status).toBeGreaterThanOrEqual(300);
  }
});

test('a foreign host name is refused everywhere, a foreign origin at the API', async () => {
  const json = { 'content-type': 'application/json' };
  const click = JSON.stringify({ act: 'write', channel: 'C0RANDOM', text: 'forged' });

  expect((await ask('/page/', { host: 'evil.test' })).status).toBe(403);
  expect((await ask('/page/api/events?as=operator', { host: 'evil.test' })).status).toBe(403);
  expect((await ask('/page/api/act?as=operator', { ...json, origin: 'http://evil.test' }, click)).status).toBe(403);
  expect((await ask('/page/api/act?as=operator', json, click)).status).toBe(403);
  expect((await ask('/page/api/act?as=operator', { 'content-type': 'text/plain', origin }, click)).status).toBe(403);
  expect(workspace.messages('C0RANDOM')).toEqual([]);
});

test('only acts and people that exist', async () => {
  expect((await ask('/page/api/act?as=nobody', { 'content-type': 'application/json', origin }, '{}')).status).toBe(404);
  expect(
    (await ask('/page/api/act?as=operator', { 'content-type': 'application/json', origin }, '{"act":"sudo"}')).status,
  ).toBe(400);
  expect(
    (await ask('/page/api/act?as=operator', { 'content-type': 'application/json', origin }, 'no json')).status,
  ).toBe(400);
});

test('a command, a click of another person and its end arrive as events', async () => {
  const seen = eventsOf('approver-1', (events) =>
    events.some((event) => event.kind === 'message' && JSON.stringify(event).includes('succeeded')),
  );
  expect(await act('operator', { act: 'write', channel: 'C0OPS', text: '/kube defrag prod' })).toEqual({ ok: true });
  const card = await workspace.waitFor('the card', () =>
    workspace.messages('C0OPS').find((one) => one.blocks.length > 0),
  );
  const button = await workspace.waitFor('the button', () => {
    const now = workspace.state.find('C0OPS', card.ts);
    return JSON.stringify(now?.blocks).includes('gate.approve') ? now : undefined;
  });
  await act('approver-1', { act: 'click', channel: 'C0OPS', ts: button.ts, actionId: 'gate.approve' });

  expect((await seen)[0]).toMatchObject({ kind: 'snapshot', me: 'U0APPROVER1' });
});

test('an ephemeral message and a direct conversation reach only their person', async () => {
  workspace.state.post({ channel: 'C0OPS', user: 'U0DRYDOCK', text: 'psst', ephemeralFor: 'U0OPERATOR' });
  const direct = workspace.state.openDirect('U0OPERATOR');
  workspace.state.post({ channel: direct.id, user: 'U0DRYDOCK', text: 'between us' });
  const [mine] = await eventsOf('operator', (events) => events.length > 0);
  const [theirs] = await eventsOf('stranger', (events) => events.length > 0);

  expect(JSON.stringify(mine)).toContain('psst');
  expect(JSON.stringify(mine)).toContain('between us');
  expect(JSON.stringify(theirs)).not.toMatch(/psst|between us/);
});

test('what Slack refuses is refused in its words', async () => {
  const channel = 'C0OPS';

  expect((await act('operator', { act: 'write', channel, text: '/nothing at all' })).problem).toContain(
    'not a valid command',
  );
  expect((await act('operator', { act: 'write', channel, text: '/kube help', threadTs: '1.0' })).problem).toContain(
    'threads',
  );
  expect((await act('operator', { act: 'write', channel: 'C0', text: 'x' })).problem).toContain('not in this channel');
  expect((await act('operator', { act: 'click', channel, ts: '1.0', actionId: 'gate.approve' })).problem).toContain(
    'sees no',
  );
  expect((await act('operator', { act: 'submit', view: 'V0', values: {} })).problem).toContain('no longer open');
  expect((await act('operator', { act: 'fault', target: 'm-1', fault: 'kill' })).problem).toBe('there is no ring here');
  expect(faults).toEqual([{ act: 'fault', target: 'm-1', fault: 'kill' }]);
  const order = { act: 'member-fault', cluster: 'edge', fault: 'corrupt', member: 'm-1' };
  expect((await act('operator', order)).problem).toBe('no corrupt of m-1 on edge');
  const turned = { act: 'switch', cluster: 'edge', switch: 'self-heal', on: true };
  expect((await act('operator', turned)).problem).toBe('edge has no self-heal to turn on');
  expect((await act('operator', { act: 'work', cluster: 'edge' })).problem).toBe('nothing to do for edge');
});

test('what a person writes is escaped, and names become references', async () => {
  await act('operator', { act: 'write', channel: 'C0RANDOM', text: '<script> & <!channel> for @approver-1 in #ops' });

  expect(workspace.messages('C0RANDOM')[0]?.text).toBe(
    '&lt;script&gt; &amp; &lt;!channel&gt; for <@U0APPROVER1> in <#C0OPS>',
  );
});

test('a file is served as what it is, never as something that runs', async () => {
  const { files } = workspace.state;
  const content = Buffer.from('<script>alert(1)</script>');
  for (const name of ['a.html', 'a.png', 'a"\r\nx.bin'])
    files.set(name, { id: name, name, title: name, announcedBytes: 1, content });

  expect((await ask('/page/api/file/a.html')).headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-security-policy': "default-src 'none'; sandbox",
  });
  expect((await ask('/page/api/file/a.png')).headers['content-type']).toBe('image/png');
  expect((await ask('/page/api/file/nothing')).status).toBe(404);
});
