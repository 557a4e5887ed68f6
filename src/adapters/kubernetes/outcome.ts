import type { KubernetesError, KubernetesErrorCode, KubernetesResult } from '../../core/ports/kubernetes.ts';

/** A call that was answered. */
export function answered<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** A call that was not answered, or refused. */
export function failed(
  code: KubernetesErrorCode,
  message: string,
  rest: Omit<KubernetesError, 'code' | 'message'> = {},
): { readonly ok: false; readonly error: KubernetesError } {
  return { ok: false, error: { code, message, ...rest } };
}

/** The value after another function, if there is one. */
export function mapped<A, B>(result: KubernetesResult<A>, after: (value: A) => B): KubernetesResult<B> {
  return result.ok ? answered(after(result.value)) : result;
}

/** What an unknown thrown thing says, in one line. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, ' ').trim();
}

/** The system's code of an error (`ECONNREFUSED`); empty: it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
