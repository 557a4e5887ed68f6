import { z } from 'zod';
import { Incident } from '../../src/core/incident.ts';
import type { CardRecord, IncidentRecord } from '../../src/core/ports/card-store.ts';

/** A card as the fake wrote it down. */
export const CardText: z.ZodType<CardRecord> = z.object({
  runId: z.string(),
  channel: z.string(),
  threadTs: z.string().nullable(),
  ts: z.string().nullable(),
  posting: z.boolean(),
  shownVersion: z.number(),
  shownDigest: z.string(),
  shownUrgency: z.string(),
  doubts: z.number(),
  replaces: z.string().nullable(),
  threadEvents: z.number(),
  final: z.boolean(),
});

const IncidentMessage = z.object({
  incident: Incident,
  channel: z.string(),
  ts: z.string().nullable(),
  posting: z.boolean(),
  shownDigest: z.string(),
  links: z.record(z.string(), z.string()),
});

/** An incident as the fake wrote it down. */
export const IncidentText: z.ZodType<IncidentRecord> = IncidentMessage.extend({
  doubts: z.number(),
  older: z.array(IncidentMessage),
});
