import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EtcdRing } from '../../playground/etcd-ring.ts';
import { CHANNELS, PEOPLE } from '../../playground/workspace/seed.ts';
import { type Canaries, pemWith } from './canaries.ts';
import type { HostileEtcd } from './hostile-etcd.ts';
import { kubeconfigText, type ScriptedApi } from './scripted-api.ts';

/** What the configuration is made of. Its files are written into the folder. */
export interface CanaryConfigurationParts {
  readonly folder: string;
  readonly ring: EtcdRing;
  readonly api: ScriptedApi;
  readonly etcd: HostileEtcd;
  readonly canaries: Canaries;
}

/** A `drydock.yaml` as data, and the files that it names, with a secret in each place that holds one. */
export async function canaryConfiguration({
  folder,
  ring,
  api,
  etcd,
  canaries,
}: CanaryConfigurationParts): Promise<object> {
  async function file(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o700 });
    return path;
  }
  const channels = { ops: CHANNELS.ops, incidents: CHANNELS.incidents, audit: CHANNELS.audit };
  const server = { server: api.server };
  const pem = Buffer.from(pemWith(canaries.clientKey)).toString('base64');
  const proxy = {
    server: 'http://192.0.2.1:6443',
    'proxy-url': `http://drydock:${canaries.proxyPassword}@127.0.0.1:9`,
  };
  const exec = await plugin(file, folder, canaries);
  const kubeconfigs = {
    'by-token': kubeconfigText(server, { token: canaries.kubeconfigToken }),
    'by-key': kubeconfigText(server, { 'client-key-data': pem, 'client-certificate-data': pem }),
    'by-proxy': kubeconfigText(proxy, { token: canaries.kubeconfigToken }),
    'by-plugin': kubeconfigText(server, { exec }),
  };
  const kubernetes = await Promise.all(
    Object.entries(kubeconfigs).map(async ([name, text]) => {
      const kubeconfig = await file(`${name}.kubeconfig`, text);
      return [name, { platform: 'kubeadm', kubeconfig, context: 'x', channels }] as const;
    }),
  );
  const badKey = await file(`client-token=${canaries.fileName}.key`, pemWith(canaries.tlsKey));
  const defrag = { pause: '1s', sample: '100ms', answerWithin: '8s' };
  const bad = { access: 'direct', endpoints: ['https://127.0.0.1:9'], tls: { ...ring.tls, key: badKey } };
  return {
    version: 1,
    http: { host: '127.0.0.1' },
    clusters: {
      prod: {
        platform: 'etcd',
        etcd: { access: 'direct', endpoints: ring.endpoints, tls: ring.tls, defrag },
        channels,
      },
      hostile: { platform: 'etcd', etcd: { access: 'direct', endpoints: [etcd.endpoint] }, channels },
      'bad-key': { platform: 'etcd', etcd: bad, channels },
      ...Object.fromEntries(kubernetes),
    },
    roles: { operator: { users: [PEOPLE.operator] }, approver: { users: [PEOPLE['approver-1']] } },
    policy: [{ clusters: ['*'], commands: COMMANDS, allow: ['operator', 'approver'] }],
    defaults: { approvals: { required: 1, from: ['approver'], expires: '30m' } },
    audit: { mirror: join(folder, 'mirror.jsonl'), anchors: { type: 'file', path: join(folder, 'anchors') } },
  };
}

const COMMANDS = ['status', 'members', 'alarms', 'defrag', 'audit', 'lock', 'unlock', 'freeze', 'thaw', 'schedule'];

type WriteFile = (name: string, text: string) => Promise<string>;

/** A plug-in that fails and tells everything. */
async function plugin(file: WriteFile, folder: string, canaries: Canaries): Promise<object> {
  const script = [
    `#!${process.execPath}`,
    `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'plugin-ran'))}, '');`,
    `console.error('login failed: password=${canaries.pluginStderr}, sent ' + process.env.VENDOR_SECRET);`,
    'process.exit(1);',
  ];
  const command = await file('plugin.cjs', script.join('\n'));
  const env = [{ name: 'VENDOR_SECRET', value: canaries.pluginSetting }];
  return { apiVersion: 'client.authentication.k8s.io/v1', command, env, interactiveMode: 'Never' };
}
