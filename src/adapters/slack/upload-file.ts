import { z } from 'zod';
import type { Call, GoOn, Place, SlackClient } from './client.ts';
import { type SlackResult, STOPPED } from './result.ts';

const UploadUrl = z.object({ upload_url: z.url(), file_id: z.string() });

/** Shares a text file in a thread, in three requests: for an address, to that address, and to show it. */
export async function uploadFile(
  call: Call,
  timeoutMs: number,
  place: Place,
  file: Parameters<SlackClient['upload']>[1],
  goOn?: GoOn,
): Promise<SlackResult<null>> {
  const bytes = Buffer.from(file.content, 'utf8');
  const announced = await call('files.getUploadURLExternal', { filename: file.name, length: bytes.length }, UploadUrl);
  if (announced.kind !== 'ok') return announced;
  if ((await goOn?.()) === false) return STOPPED;
  try {
    const answer = await fetch(announced.value.upload_url, {
      method: 'POST',
      body: bytes,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!answer.ok) return { kind: 'unavailable', error: `upload answered HTTP status ${answer.status}` };
  } catch {
    return { kind: 'unavailable', error: 'the upload failed' };
  }
  if ((await goOn?.()) === false) return STOPPED;
  const files = [{ id: announced.value.file_id, title: file.title }];
  const { channel, threadTs } = place;
  const thread = threadTs === null ? {} : { thread_ts: threadTs };
  const shown = await call('files.completeUploadExternal', { files, channel_id: channel, ...thread }, z.unknown());
  return shown.kind === 'ok' ? { kind: 'ok', value: null } : shown;
}
