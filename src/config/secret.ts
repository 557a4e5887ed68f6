import { inspect } from 'node:util';

/** A value that must not be shown: prints, logs and serialises as `[secret]`. */
export interface Secret {
  /** The value, for the one call that needs it. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

/** Wraps a secret. */
export function secret(value: string): Secret {
  const hidden = '[secret]';
  return Object.freeze({
    reveal: () => value,
    toString: () => hidden,
    toJSON: () => hidden,
    [inspect.custom]: () => hidden,
  });
}
