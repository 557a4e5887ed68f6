/** Ends of the process. Sources: `sysexits.h` for 64, 69 and 78. */
export const EXIT = {
  ok: 0,
  /** A bug, or something that nobody foresaw. */
  failure: 1,
  /** The command line was not understood. */
  usage: 64,
  /** Redis cannot be trusted with the truth, or the port is taken. */
  unavailable: 69,
  /** Configuration or environment has problems; nothing was connected. */
  config: 78,
} as const;

/** A reason not to start, with words for the person who starts it. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
