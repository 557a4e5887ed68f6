import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Refusal } from '../contracts.ts';
import type { Outcome } from './asking.ts';
import type { Answer } from './core.ts';
import { eventFormer, formed, type View, written } from './forms.ts';
import { statusOf } from './refusals.ts';

/** Bytes that a watcher may leave unread. */
const MOST_UNREAD = 256 * 1024 * 1024;

/** The uids that every answer names: of the flow schema and the priority level of everyone. */
export interface FlowIds {
  readonly schema: string;
  readonly level: string;
}

/** Sends an answer in its form. */
export async function send(
  response: ServerResponse,
  outcome: Outcome,
  view: View,
  warnings: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const text of warnings) response.appendHeader('Warning', `299 - ${JSON.stringify(text)}`);
  if (outcome === 'out-of-time') sendTimedOut(response);
  else if (!outcome.ok) sendRefusal(response, outcome.refusal);
  else await sendAnswer(response, outcome.value, view, signal);
}

/** Headers that every answer has. */
export function beginResponse(response: ServerResponse, flow: FlowIds): void {
  response.setHeader('Audit-Id', randomUUID());
  response.setHeader('Cache-Control', 'no-cache, private');
  response.setHeader('X-Kubernetes-Pf-Flowschema-Uid', flow.schema);
  response.setHeader('X-Kubernetes-Pf-Prioritylevel-Uid', flow.level);
}

/** Sends a refusal as a `Status`. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { status, retryAfterSeconds } = refusal;
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds));
  sendText(response, status, `${JSON.stringify(statusOf(refusal))}\n`, 'application/json');
}

function sendTimedOut(response: ServerResponse): void {
  const status = {
    metadata: {},
    status: 'Failure',
    message: 'Timeout: request did not complete within the allotted timeout',
    reason: 'Timeout',
    details: {},
    code: 504,
  };
  sendText(response, 504, JSON.stringify(status), 'text/plain; charset=utf-8');
}

function sendText(response: ServerResponse, status: number, text: string, contentType: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(bytes);
}

async function sendAnswer(response: ServerResponse, answer: Answer, view: View, signal: AbortSignal): Promise<void> {
  switch (answer.is) {
    case 'object':
    case 'list': {
      const status = answer.is === 'object' ? answer.status : 200;
      sendText(response, status, written(formed(answer, view), view.form), view.form.contentType);
      return;
    }
    case 'text': {
      for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
      if (answer.status === 304) response.writeHead(304).end();
      else
        sendText(response, answer.status, answer.text, answer.headers?.['Content-Type'] ?? 'text/plain; charset=utf-8');
      return;
    }
    case 'bytes':
      return sendBytes(response, answer.chunks);
    case 'watch': {
      const form = eventFormer(view);
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.flushHeaders();
      await answer.run((event) => {
        response.write(`${JSON.stringify(form(event))}\n`);
        // Who does not read loses the stream, as on a real server.
        if (response.writableLength > MOST_UNREAD) response.destroy();
      }, signal);
      response.end();
    }
  }
}

async function sendBytes(response: ServerResponse, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  response.flushHeaders();
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}
