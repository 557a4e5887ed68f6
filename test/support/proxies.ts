import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy on 127.0.0.1 that notes where it was asked to connect to. */
export interface TestProxy {
  readonly port: number;
  /** `host:port` of each connection, with the credentials that came: `name:password@host:port`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** A proxy for `CONNECT` and for requests that name the whole address; refuses everything with that status if one is given. */
export async function startHttpProxy(refuseWith?: number): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createHttp((request, response) => {
    const url = new URL(request.url ?? '');
    asked.push(url.host);
    if (refuseWith === undefined) passOn(url, request, response);
    else response.writeHead(refuseWith).end();
  });
  server.on('connect', (request, client: Socket) => {
    const [, encoded = ''] = (request.headers['proxy-authorization'] ?? '').split(' ');
    const who = encoded === '' ? '' : `${Buffer.from(encoded, 'base64').toString()}@`;
    asked.push(`${who}${request.url ?? ''}`);
    if (refuseWith !== undefined) {
      client.end(`HTTP/1.1 ${refuseWith} No\r\n\r\n`);
      return;
    }
    const [host = '', port = ''] = (request.url ?? '').split(':');
    join(client, host, Number(port), () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
  });
  return start(server, asked);
}

function passOn(url: URL, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const behind = requestHttp(url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  behind.on('error', () => response.destroy());
  request.pipe(behind);
}

/** A SOCKS5 proxy (RFC 1928) that takes names and IPv4 addresses, without or with a password (RFC 1929). */
export async function startSocksProxy(): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer((client) => void serveSocks(client, asked));
  return start(server, asked);
}

async function serveSocks(client: Socket, asked: string[]): Promise<void> {
  client.on('error', () => undefined);
  const [hello] = await next(client);
  const withPassword = hello.subarray(2).includes(2);
  client.write(Buffer.of(5, withPassword ? 2 : 0));
  let who = '';
  if (withPassword) {
    const [login] = await next(client);
    const end = 2 + (login[1] ?? 0);
    who = `${login.subarray(2, end).toString()}:${login.subarray(end + 1).toString()}@`;
    client.write(Buffer.of(1, 0));
  }
  const [request] = await next(client);
  const port = request.readUInt16BE(request.length - 2);
  const host = request[3] === 1 ? request.subarray(4, 8).join('.') : request.subarray(5, request.length - 2).toString();
  asked.push(`${who}${host}:${port}`);
  join(client, host, port, () => client.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)));
}

async function next(client: Socket): Promise<[Buffer]> {
  client.resume();
  const [chunk]: unknown[] = await once(client, 'data');
  client.pause();
  return [Buffer.isBuffer(chunk) ? chunk : Buffer.alloc(0)];
}

function join(client: Socket, host: string, port: number, ready: () => void): void {
  const target = connect({ host, port }, () => {
    ready();
    client.pipe(target).pipe(client);
  });
  client.on('error', () => target.destroy());
  target.on('error', () => client.destroy());
  client.once('close', () => target.destroy());
}

async function start(server: Server, asked: readonly string[]): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
