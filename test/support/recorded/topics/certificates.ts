import { z } from 'zod';
import { bodyOf, seed } from '../objects.ts';
import type { Topic } from '../replay.ts';

const WithMetadata = z.looseObject({ metadata: z.record(z.string(), z.unknown()) });

/** 17 CertificateSigningRequest. */
export const SIGNING: Topic = {
  topic: '17',
  given: ['17-05'],
  before: {
    '17-04': (world) => seed(world, 'certificatesigningrequests/c1', bodyOf('17-01-create')),
    '17-07': (world) => seed(world, 'certificatesigningrequests/c2', undecided(bodyOf('17-07-deny'))),
    '17-05': (world) => seed(world, 'certificatesigningrequests/c1', bodyOf('17-05-issued')),
  },
  leftOut: {
    '17-01': 'the request itself was not recorded (redacted)',
    '17-03': 'the request itself was not recorded (redacted)',
  },
};

function undecided(recorded: unknown): unknown {
  const { metadata, ...rest } = WithMetadata.parse(recorded);
  return { ...rest, metadata: { ...metadata, resourceVersion: undefined }, status: {} };
}
