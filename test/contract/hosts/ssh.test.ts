import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { makeKeyPair } from '../../../playground/hosts/key-pair.ts';
import { makeHostKey, startSshServer } from '../../../playground/hosts/ssh-server.ts';
import type { ProgramEnd } from '../../../playground/hosts/systemctl.ts';
import { freePort } from '../../../playground/ports.ts';
import { sshSuite } from './ssh-suite.ts';

sshSuite({
  name: "ssh2's own server, commands by this machine's shell",
  async start() {
    const directory = await makeTemporaryDirectory('ssh');
    const [ours, strange] = [makeKeyPair(), makeKeyPair()];
    const [key, strangeKey] = [join(directory, 'key'), join(directory, 'strange')];
    await Promise.all([writeFile(key, ours.private), writeFile(strangeKey, strange.private)]);
    const [port, hostKey] = [await freePort(), makeHostKey()];
    const end = new AbortController();
    const server = await startSshServer({
      address: '127.0.0.1',
      port,
      user: 'root',
      authorizedKey: ours.public,
      hostKey: hostKey.secret,
      run: (line, stdin) => byShell(line, stdin, end.signal),
    });
    return {
      address: '127.0.0.1',
      port,
      user: 'root',
      key,
      strangeKey,
      hostKey: hostKey.line,
      directory,
      async stop() {
        end.abort();
        await server.stop();
        await removeDirectory(directory);
      },
    };
  },
});

function byShell(line: string, stdin: Buffer, signal: AbortSignal): Promise<ProgramEnd> {
  const child = spawn('/bin/sh', ['-c', line], { signal, killSignal: 'SIGKILL' });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
    });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve) => {
    child.once('error', () => undefined);
    child.once('close', (code) => resolve({ code: code ?? 137, ...output }));
  });
}
