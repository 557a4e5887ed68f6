import { z } from 'zod';
import { CAPI_GROUP, REMEDIATE_MACHINE } from '../../../src/core/cluster-api/names.ts';
import type { ObjectRef } from '../../../src/core/ports/kubernetes.ts';
import { defineCleanup } from '../../../src/core/runbook.ts';
import { notPutBack } from '../../steps/put-back.ts';
import { MANAGEMENT_CALL_MS } from './read-management.ts';

/** Path of the annotation in a JSON patch. */
export const ANNOTATION_PATH = `/metadata/annotations/${REMEDIATE_MACHINE.replaceAll('/', '~1')}`;

/** Name of the cleanup in a run: there is one. */
export const WITHDRAW_ID = 'withdraw';

/**
 * Takes the request for a replacement back while the machine has not begun to go: what a controller puts off, it may do hours later. Only
 * our own annotation on the very machine is touched; one that is going, gone, or asked for by somebody else, is left alone.
 */
export const withdrawRequest = defineCleanup({
  kind: 'capi.withdraw@1',
  input: z.strictObject({
    apiVersion: z.string(),
    namespace: z.string(),
    name: z.string(),
    uid: z.string(),
    run: z.string(),
  }),
  needs: ['management'],
  restore: async ({ ports: { management }, signal }, { apiVersion, namespace, name, uid, run }) => {
    const ref: ObjectRef = { apiVersion, kind: 'Machine', namespace, name };
    const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
    const hand = `kubectl -n ${namespace} annotate machine.${CAPI_GROUP} ${name} ${REMEDIATE_MACHINE}-`;
    const got = await management.get(ref, call);
    if (!got.ok && got.error.code === 'not-found') return null;
    if (!got.ok) {
      const why = `Machine ${name} could not be read, so whether it still asks to be replaced is not known: ${got.error.message}`;
      return notPutBack(got.error.code, why, hand);
    }
    const { metadata } = got.value;
    const isOurs = metadata.uid === uid && metadata.annotations?.[REMEDIATE_MACHINE] === run;
    if (!isOurs || metadata.deletionTimestamp !== undefined) return null;
    const patched = await management.patchJson(
      ref,
      [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: ANNOTATION_PATH, value: run },
        { op: 'remove', path: ANNOTATION_PATH },
      ],
      call,
    );
    if (patched.ok || patched.error.code === 'not-found') return null;
    return notPutBack(patched.error.code, `Machine ${name} still asks to be replaced: ${patched.error.message}`, hand);
  },
});
