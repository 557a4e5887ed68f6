import type { Attempt, Fields } from '../contracts.ts';
import { StoreError } from '../store/store-error.ts';
import { type Answer, type Core, pageNotFound } from './core.ts';
import { openApiPath } from './openapi.ts';
import { done } from './refusals.ts';

/** The version that this stand-in speaks, whatever it says of itself. */
export const VERSION = 'v1.36.2';

/** The body of `/version`. `gitVersion`: `v1.30.6`. */
export function versionInfo(gitVersion: string): Fields {
  const [major = '1', minor = '0'] = gitVersion.replace(/^v/, '').split('.');
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'playground',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

const HEALTH_MS = 2_000;

/** Checks in their order; those without a probe always hold while the process runs. */
const CHECKS: Readonly<Record<string, readonly string[]>> = {
  livez: ['ping', 'log', 'etcd', 'poststarthook/crd-informer-synced', 'poststarthook/storage-readiness'],
  healthz: ['ping', 'log', 'etcd', 'poststarthook/crd-informer-synced', 'poststarthook/storage-readiness'],
  readyz: [
    'ping',
    'log',
    'etcd',
    'etcd-readiness',
    'informer-sync',
    'poststarthook/crd-informer-synced',
    'poststarthook/storage-readiness',
    'shutdown',
  ],
};

/** A path that is no resource: version, metrics, health, OpenAPI. Everything else is 404 in plain text. */
export async function answerPath(core: Core, url: URL, left: () => number): Promise<Attempt<Answer>> {
  const [root = '', ...rest] = url.pathname.split('/').filter((part) => part !== '');
  if (root === 'version' && rest.length === 0)
    return done({ is: 'object', status: 200, body: versionInfo(core.version) });
  if (root === 'metrics' && rest.length === 0) return done(metrics(core.version));
  if (root === 'openapi') return openApiPath(core, rest);
  const checks = CHECKS[root];
  if (checks === undefined) return done(pageNotFound);
  return done(await health(core, root, checks, rest.join('/'), url, left));
}

/** Of all metrics only which version this is: nothing here serves a deprecated one that could be asked for. */
function metrics(gitVersion: string): Answer {
  const [major = '1', minor = '0'] = gitVersion.replace(/^v/, '').split('.');
  const text = [
    '# HELP kubernetes_build_info [ALPHA] A metric with a constant value of what this server was built from.',
    '# TYPE kubernetes_build_info gauge',
    `kubernetes_build_info{git_version="${gitVersion}",major="${major}",minor="${minor}"} 1`,
    '',
  ].join('\n');
  return { is: 'text', status: 200, text, headers: {} };
}

async function health(
  core: Core,
  root: string,
  checks: readonly string[],
  only: string,
  url: URL,
  left: () => number,
): Promise<Answer> {
  if (only !== '' && !checks.includes(only)) return pageNotFound;
  const excluded = new Set(url.searchParams.getAll('exclude'));
  const wanted = only === '' ? checks.filter((check) => !excluded.has(check)) : [only];
  const etcd = wanted.some((check) => check.startsWith('etcd')) ? await etcdAnswers(core, left) : true;
  const results = wanted.map((check) => ({ check, well: holds(core, check, etcd) }));
  const well = results.every((result) => result.well);
  const headers = { 'X-Content-Type-Options': 'nosniff' };
  if (well && !url.searchParams.has('verbose')) return { is: 'text', status: 200, text: 'ok', headers };
  const lines = results.map((result) =>
    result.well ? `[+]${result.check} ok\n` : `[-]${result.check} failed: reason withheld\n`,
  );
  const text = `${lines.join('')}${root} check ${well ? 'passed' : 'failed'}\n`;
  return { is: 'text', status: well ? 200 : 500, text, headers };
}

function holds(core: Core, check: string, etcd: boolean): boolean {
  if (check.startsWith('etcd')) return etcd;
  return check === 'ping' || check === 'log' || check === 'shutdown' || core.cache.ready();
}

async function etcdAnswers(core: Core, left: () => number): Promise<boolean> {
  try {
    await core.store.revision(Math.min(HEALTH_MS, left()));
    return true;
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
}
