import { parse as parseYaml } from 'yaml';
import type { Attempt, Refusal } from '../contracts.ts';
import { duplicateFields } from './duplicates.ts';
import { readProtobuf } from './protobuf.ts';
import { badRequest, done, refused, unsupportedMedia } from './refusals.ts';

/** In which form an answer is wanted. */
export interface Form {
  readonly as: 'object' | 'table' | 'partial';
  readonly media: 'json' | 'yaml';
  /** The media type to answer with. */
  readonly contentType: string;
}

const JSON_FORM: Form = { as: 'object', media: 'json', contentType: 'application/json' };
const YAML_FORM: Form = { as: 'object', media: 'yaml', contentType: 'application/yaml' };

/** The first form of `Accept` that this server has; 406 when it has none. */
export function acceptedForm(accept: string): Attempt<Form> {
  if (accept === '') return done(JSON_FORM);
  for (const clause of accept.split(',')) {
    const form = formOf(clause.trim());
    if (form !== null) return done(form);
  }
  return refused(notAcceptable);
}

const notAcceptable: Refusal = {
  status: 406,
  reason: 'NotAcceptable',
  message:
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  details: {},
};

function formOf(clause: string): Form | null {
  const [media = '', ...rest] = clause.split(';').map((part) => part.trim());
  const parameters = new Map(rest.map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']));
  const as = parameters.get('as');
  if (media === 'application/yaml') return as === undefined ? YAML_FORM : null;
  if (!['application/json', '*/*', 'application/*'].includes(media)) return null;
  if (as === undefined) return JSON_FORM;
  if (parameters.get('v') !== 'v1' || parameters.get('g') !== 'meta.k8s.io') return null;
  if (as === 'Table') return { ...JSON_FORM, as: 'table' };
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? { ...JSON_FORM, as: 'partial' } : null;
}

/** `application/json; charset=utf-8` → `application/json`. */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim();
}

/** A body as it was written. */
export interface WrittenBody {
  readonly value: unknown;
  /** As strict decoding names them: `duplicate field "data"`. */
  readonly duplicates: readonly string[];
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const OBJECT_MEDIA = ['application/json', 'application/yaml', PROTOBUF];

/** Only the kinds that kubectl writes in protobuf; 415 for others. */
function readBinary(body: Buffer): Attempt<WrittenBody> {
  try {
    const value = readProtobuf(body);
    return value === undefined ? refused(unsupportedMedia(OBJECT_MEDIA)) : done({ value, duplicates: [] });
  } catch {
    return refused(badRequest('the object provided is unrecognized: the bytes are no such message'));
  }
}

/** Reads the body of a create or update. `kind` only for the words of the refusal. */
export function readBody(body: Buffer, contentType: string, kind: string): Attempt<WrittenBody> {
  const media = mediaTypeOf(contentType);
  if (media === PROTOBUF) return readBinary(body);
  if (media !== '' && media !== 'application/json' && media !== 'application/yaml')
    return refused(unsupportedMedia(OBJECT_MEDIA));
  const text = body.toString();
  try {
    if (media === 'application/yaml') return done({ value: parseYaml(text), duplicates: [] });
    return done({ value: JSON.parse(text), duplicates: duplicateFields(text) });
  } catch {
    const shown = text === '' ? '<empty>' : text.length > 30 ? `${text.slice(0, 30)} ...` : text;
    return refused(
      badRequest(
        `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (${shown})`,
      ),
    );
  }
}
