import { z } from 'zod';
import type { GoOn, Place, SlackClient } from './client.ts';
import { type SlackResult, STOPPED } from './result.ts';

/** Slack's answer on where to send the bytes. */
export const UploadUrl = z.object({ upload_url: z.url(), file_id: z.string() });

interface UploadAsks {
  address(args: Readonly<Record<string, unknown>>): Promise<SlackResult<z.infer<typeof UploadUrl>>>;
  send(url: string, body: Uint8Array<ArrayBuffer>): Promise<Pick<Response, 'ok' | 'status'>>;
  show(args: Readonly<Record<string, unknown>>): Promise<SlackResult<unknown>>;
}

/** Shares a text file in a thread, in three requests: for an address, to that address, and to show it. */
export async function uploadFile(
  asks: UploadAsks,
  place: Place,
  file: Parameters<SlackClient['upload']>[1],
  goOn?: GoOn,
): Promise<SlackResult<null>> {
  const bytes = Buffer.from(file.content, 'utf8');
  const announced = await asks.address({ filename: file.name, length: bytes.length });
  if (announced.kind !== 'ok') return announced;
  if ((await goOn?.()) === false) return STOPPED;
  try {
    const answer = await asks.send(announced.value.upload_url, bytes);
    if (!answer.ok) return { kind: 'unavailable', error: `upload answered HTTP status ${answer.status}` };
  } catch {
    return { kind: 'unavailable', error: 'the upload failed' };
  }
  if ((await goOn?.()) === false) return STOPPED;
  const files = [{ id: announced.value.file_id, title: file.title }];
  const { channel, threadTs } = place;
  const thread = threadTs === null ? {} : { thread_ts: threadTs };
  const shown = await asks.show({ files, channel_id: channel, ...thread });
  return shown.kind === 'ok' ? { kind: 'ok', value: null } : shown;
}
