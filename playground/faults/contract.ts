import type { PlatformMember, PlaygroundPlatform } from '../platforms.ts';

/** How a fault ends: puts back what it changed. @throws Error that says why it cannot. */
export type Undo = () => Promise<void>;

/** A fault that was set. */
export interface FaultSet {
  /** What was done, in a sentence. */
  readonly said: string;
  readonly undo: Undo;
}

/** One kind of fault of a member. */
export interface FaultKind {
  readonly name: string;
  /** In a few words, for buttons and lists. */
  readonly title: string;
  /** What it does, as a sentence without its subject. */
  readonly does: string;
  /** @throws Error that says why it cannot be set there. */
  readonly set: (member: PlatformMember, platform: PlaygroundPlatform) => Promise<FaultSet>;
}
