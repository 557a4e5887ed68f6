import { z } from 'zod';
import { BOT } from '../seed.ts';
import { Count, channelForBot, defineMethod, json, refuse } from '../web-api.ts';

const getUploadUrl = defineMethod(
  'files.getUploadURLExternal',
  z.object({ filename: z.string().min(1), length: Count }),
  (args, { state, origin }) => {
    if (args.length === 0) return refuse('invalid_arguments', ['[ERROR] length must be positive']);
    const id = state.newId('F0');
    state.files.set(id, { id, name: args.filename, title: args.filename, announcedBytes: args.length });
    return { ok: true, upload_url: `${origin}/upload/v1/${id}`, file_id: id };
  },
);

const completeUpload = defineMethod(
  'files.completeUploadExternal',
  z.object({
    files: json(z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1)),
    channel_id: z.string().optional(),
    thread_ts: z.string().optional(),
    initial_comment: z.string().optional(),
  }),
  (args, { state }) => {
    const found = args.channel_id === undefined ? undefined : channelForBot(state, args.channel_id);
    if (found !== undefined && 'refusal' in found) return found.refusal;
    const known = args.files.map(({ id, title }) => ({ file: state.files.get(id), title }));
    const complete = known.flatMap(({ file, title }) =>
      file?.content?.length === file?.announcedBytes && file !== undefined
        ? [{ ...file, title: title ?? file.title }]
        : [],
    );
    if (complete.length < known.length) return refuse('file_not_found');
    const channel = found?.channel;
    for (const file of complete)
      state.files.set(file.id, { ...file, ...(channel === undefined ? {} : { channel: channel.id }) });
    if (channel !== undefined) {
      state.post({
        channel: channel.id,
        user: BOT.user,
        text: args.initial_comment,
        threadTs: args.thread_ts,
        files: complete.map((file) => file.id),
      });
      for (const file of complete) state.feed.add({ kind: 'file-shared', file, channel: channel.id });
    }
    return { ok: true, files: complete.map(({ id, name, title }) => ({ id, name, title })) };
  },
);

const addReaction = defineMethod(
  'reactions.add',
  z.object({ channel: z.string(), timestamp: z.string(), name: z.string() }),
  (args, { state }) => {
    const found = channelForBot(state, args.channel);
    if ('refusal' in found) return found.refusal;
    return state.find(found.channel.id, args.timestamp) === undefined ? refuse('message_not_found') : { ok: true };
  },
);

/** `files.*` and `reactions.*` */
export const fileMethods = [getUploadUrl, completeUpload, addReaction];
