import type { ApiObject } from '../../contracts.ts';
import { at, fieldsOf, listOf, sameJson, textOf } from '../json.ts';
import { all, type Causes, fine, forbidden, invalid, required, unsupported } from './causes.ts';

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

/** A CertificateSigningRequest. Of its request only the outside is looked at: PEM of the right type. */
export function signingRequestProblems(object: ApiObject, old: ApiObject | null, subresource: string): Causes {
  if (old !== null) return changeProblems(object, old, subresource);
  const spec = fieldsOf(object['spec']);
  const request = textOf(spec['request']);
  const text = Buffer.from(request, 'base64').toString('latin1');
  const isRequest = text.includes('-----BEGIN CERTIFICATE REQUEST-----');
  const seconds = spec['expirationSeconds'];
  const given = listOf(spec['usages']);
  return all(
    isRequest ? fine : invalid('spec.request', request, 'PEM block type must be CERTIFICATE REQUEST'),
    given.length === 0 ? required('spec.usages') : fine,
    given.flatMap((usage, place) =>
      usages.some((known) => known === usage) ? fine : unsupported(`spec.usages[${place}]`, usage, usages),
    ),
    textOf(spec['signerName']) === '' ? required('spec.signerName') : fine,
    typeof seconds === 'number' && seconds < 600
      ? invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)')
      : fine,
  );
}

function changeProblems(object: ApiObject, old: ApiObject, subresource: string): Causes {
  const kept = new Set(conditionTypes(object));
  const lost = conditionTypes(old).filter((type) => !kept.has(type) && type !== 'Failed');
  const issued = at(old, 'status', 'certificate') ?? '';
  const replaced = issued !== '' && !sameJson(issued, at(object, 'status', 'certificate'));
  return all(
    lost.flatMap((type) =>
      forbidden('status.conditions', `updates may not remove a condition of type ${JSON.stringify(type)}`),
    ),
    subresource === 'status' && replaced
      ? forbidden('status.certificate', 'updates may not change a certificate that was issued')
      : fine,
  );
}

function conditionTypes(object: ApiObject): readonly string[] {
  return listOf(at(object, 'status', 'conditions')).map((condition) => textOf(fieldsOf(condition)['type']));
}
