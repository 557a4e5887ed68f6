import type { Fields, Refusal } from '../contracts.ts';

/** What the error channel carries when a command ended with 0. */
export const SUCCESS: Fields = { metadata: {}, status: 'Success' };

/** A command that ended with another code. */
export function exitStatus(argv: readonly string[], code: number): Fields {
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: error executing command [${argv.join(' ')}], exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

/** An error of the kubelet or the runtime. */
export function internalError(message: string): Fields {
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}

/** A refusal as the `Status` object of an HTTP answer. */
export function refusalStatus(refusal: Refusal): Fields {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: refusal.message,
    ...(refusal.reason === '' ? {} : { reason: refusal.reason }),
    ...(refusal.details === undefined ? {} : { details: refusal.details }),
    code: refusal.status,
  };
}

/** 400 with a message. */
export function badRequest(message: string): Refusal {
  return { status: 400, reason: 'BadRequest', message };
}

/** 500 as an error without a status becomes one. */
export function internal(message: string): Refusal {
  return {
    status: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  };
}
