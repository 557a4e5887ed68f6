import { createServer, type Socket } from 'node:net';
import type { AuthContext, Connection, ParsedKey, ServerChannel } from 'ssh2';
import ssh2 from 'ssh2';
import { makeKeyPair } from './key-pair.ts';
import type { ProgramEnd } from './systemctl.ts';

// A CommonJS module, whose other names Node cannot see.
const { Server, utils } = ssh2;

/** The key of a host. */
export interface HostKey {
  readonly secret: string;
  /** Public part: `ssh-ed25519 AAAA…`. */
  readonly line: string;
}

/** Makes the key of a host. */
export function makeHostKey(): HostKey {
  const { private: secret, public: line } = makeKeyPair();
  return { secret, line: line.split(' ').slice(0, 2).join(' ') };
}

/** What a server needs. */
export interface SshServerOptions {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** OpenSSH's line of the public key that may log in. */
  readonly authorizedKey: string;
  /** Private key that it shows. */
  readonly hostKey: string;
  /** Runs a command line. */
  readonly run: (line: string, stdin: Buffer) => Promise<ProgramEnd>;
}

/** An ssh server of one host. */
export interface SshServer {
  /** Ends it and every connection at once. */
  stop(): Promise<void>;
}

/** Starts a server that lets one key run commands: no shell, no terminal, no forwarding, no files. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const allowed = utils.parseKey(options.authorizedKey);
  if (allowed instanceof Error) throw allowed;
  const ssh = new Server({ hostKeys: [options.hostKey] }, (connection) => serve(connection, options, allowed));
  const sockets = new Set<Socket>();
  // Sockets of our own, because those of the ssh server cannot be cut.
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.address, port: options.port, exclusive: true }, resolve);
  });
  return {
    async stop() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function serve(connection: Connection, options: SshServerOptions, allowed: ParsedKey): void {
  // A client that leaves is no failure of the server.
  connection.on('error', () => undefined);
  connection.on('authentication', (context) => {
    if (mayLogIn(context, options.user, allowed)) context.accept();
    else context.reject(['publickey']);
  });
  connection.on('session', (accept) => {
    accept().on('exec', (take, _refuse, { command }) => void answer(take(), command, options));
  });
}

function mayLogIn(context: AuthContext, user: string, allowed: ParsedKey): boolean {
  if (context.method !== 'publickey' || context.username !== user) return false;
  const isOurs = context.key.algo === allowed.type && context.key.data.equals(allowed.getPublicSSH());
  // Without a signature the client only asks whether the key would do.
  if (context.signature === undefined || context.blob === undefined) return isOurs;
  return isOurs && allowed.verify(context.blob, context.signature, context.hashAlgo);
}

async function answer(channel: ServerChannel, command: string, options: SshServerOptions): Promise<void> {
  channel.on('error', () => undefined);
  const input: Buffer[] = [];
  channel.on('data', (chunk: Buffer) => input.push(chunk));
  await new Promise<void>((resolve) => {
    channel.once('end', resolve);
    channel.once('close', resolve);
  });
  const { code, stdout, stderr } = await options.run(command, Buffer.concat(input));
  if (stderr !== '') channel.stderr.write(stderr);
  if (stdout !== '') channel.write(stdout);
  channel.exit(code);
  channel.end();
}
