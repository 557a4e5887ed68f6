// A Bolt app that acknowledges `/kube` and does nothing else: what the acknowledgement of Drydock is measured beside.
import { createServer } from 'node:http';
import process from 'node:process';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';

const receiver = new HTTPReceiver({
  signingSecret: process.env['SLACK_SIGNING_SECRET'] ?? '',
  logLevel: LogLevel.ERROR,
});
const app = new App({
  receiver,
  logLevel: LogLevel.ERROR,
  authorize: async () => await Promise.resolve({ botToken: 'xoxb-bare', botId: 'B0', botUserId: 'U0' }),
});
app.command('/kube', async ({ ack }) => {
  await ack();
});
const server = createServer((request, response) => receiver.requestListener(request, response));
server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.stdout.write('listening\n'));
