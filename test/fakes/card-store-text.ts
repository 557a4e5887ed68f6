import { z } from 'zod';
import type { CardRecord } from '../../src/core/ports/card-store.ts';

/** A card as the fake wrote it down. */
export const CardText: z.ZodType<CardRecord> = z.object({
  runId: z.string(),
  channel: z.string(),
  threadTs: z.string().nullable(),
  ts: z.string().nullable(),
  posting: z.boolean(),
  shownVersion: z.number(),
  shownDigest: z.string(),
  threadEvents: z.number(),
  final: z.boolean(),
});
