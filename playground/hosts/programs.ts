import { spawn } from 'node:child_process';
import { join, posix } from 'node:path';
import { journalctl, type KnownService, type ProgramEnd, systemctl } from './systemctl.ts';

/** What a host's programs work on. */
export interface ProgramHost {
  readonly name: string;
  /** The directory that is `/` for the host. */
  readonly root: string;
  readonly service: KnownService;
  /** Whether `sudo -n` gives root's rights to who logs in. */
  readonly maySudo: () => boolean;
  /** Ends what runs when the host goes off. */
  readonly off: AbortSignal;
}

/**
 * Programs of this machine that a host has: each takes paths of the host, and works in the host's root directory only. What is not
 * here, the host does not have: above all no shell, and nothing that deletes or copies.
 */
const PROGRAMS: ReadonlySet<string> = new Set([
  'cat',
  'chmod',
  'chown',
  'df',
  'flock',
  'head',
  'install',
  'ln',
  'ls',
  'mkdir',
  'mv',
  'printf',
  'sha256sum',
  'sleep',
  'stat',
  'tee',
  'true',
]);

/** Runs one program of a host: any user may, what needs root's rights asks for them with `sudo -n`. */
export async function runOnHost(host: ProgramHost, words: readonly string[], stdin: Buffer): Promise<ProgramEnd> {
  const { argv, ended } = withoutPrefixes(host, words);
  if (ended !== null) return ended;
  const [name = '', ...args] = argv;
  if (name === 'systemctl') return await systemctl(host.service, args);
  if (name === 'journalctl') return journalctl(host.service, args);
  if (name === 'hostname') return { code: 0, stdout: `${host.name}\n`, stderr: '' };
  if (!PROGRAMS.has(name)) return notFound(words, name);
  const refusal = whyNot(name, args);
  return refusal === null ? await runReal(host, name, args, stdin) : { code: 1, stdout: '', stderr: `${refusal}\n` };
}

interface Unwrapped {
  readonly argv: readonly string[];
  readonly ended: ProgramEnd | null;
}

/** Takes `env NAME=value …` and `sudo -n --` off. */
function withoutPrefixes(host: ProgramHost, words: readonly string[]): Unwrapped {
  let argv = words;
  if (argv[0] === 'env') {
    const start = argv.findIndex((each, at) => at > 0 && !/^\w+=/.test(each));
    argv = start === -1 ? [] : argv.slice(start);
  }
  if (argv[0] !== 'sudo') return { argv, ended: null };
  if (!host.maySudo()) return { argv, ended: { code: 1, stdout: '', stderr: 'sudo: a password is required\n' } };
  const start = argv.findIndex((each, at) => at > 0 && !each.startsWith('-'));
  return { argv: start === -1 ? [] : argv.slice(start), ended: null };
}

function notFound(words: readonly string[], name: string): ProgramEnd {
  if (words.includes('sudo')) return { code: 1, stdout: '', stderr: `sudo: ${name}: command not found\n` };
  return { code: 127, stdout: '', stderr: `env: '${name}': No such file or directory\n` };
}

/** Why these arguments might leave the host's root directory; `null`: they do not. */
function whyNot(name: string, args: readonly string[]): string | null {
  if (args.some((each) => each.split('/').includes('..'))) return `${name}: the playground's hosts know no ..`;
  if (name === 'install' && !args.includes('/dev/null')) return "install: the playground's hosts copy nothing";
  if (name === 'ln' && args.some((each) => /^-[a-z]*s|^--symbolic/i.test(each)))
    return "ln: the playground's hosts have no symbolic links";
  const command = name === 'flock' ? args.filter((each) => !each.startsWith('-'))[1] : 'true';
  return command === 'true' ? null : `flock: failed to execute ${command}: No such file or directory`;
}

/** An absolute path, also behind `--reference=`, as this machine has it; the empty device is the same everywhere. */
function realArgument(argument: string, root: string): string {
  const [, flag = '', path] = /^(--[a-z]+=)?(\/.*)$/s.exec(argument) ?? [];
  return path === undefined || path === '/dev/null' ? argument : `${flag}${join(root, posix.normalize(path))}`;
}

function runReal(host: ProgramHost, name: string, args: readonly string[], stdin: Buffer): Promise<ProgramEnd> {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  const takesPaths = name !== 'printf' && name !== 'sleep';
  const child = spawn(name, takesPaths ? args.map((each) => realArgument(each, host.root)) : args, {
    cwd: host.root,
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    signal: host.off,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.on('error', (error) => resolve({ code: 126, stdout: '', stderr: `${name}: ${error.message}\n` }));
  child.on('close', (code) =>
    resolve({ code: code ?? 137, stdout: inside(host, stdout), stderr: inside(host, stderr) }),
  );
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return promise;
}

/** What a program printed, with the paths that the host has. */
function inside(host: ProgramHost, chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8').replaceAll(`${host.root}/`, '/').replaceAll(host.root, '/');
}
