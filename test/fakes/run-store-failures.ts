import { StoreUnavailable } from '../../src/core/ports/run-store.ts';

/** Faults of a store that tests can order. */
export interface Failures<Method extends string> {
  /**
   * Makes the next calls of a method throw. `before`: nothing was done. `after`: it was done and only the answer was
   * lost, as when a connection breaks between the two. `times` defaults to 1.
   */
  failNext(method: Method, when?: 'before' | 'after', times?: number): void;
  /** Everything fails (nothing is done) until it is set to false. */
  setDown(down: boolean): void;
  /** For the fakes: carries out one call with the faults that were ordered for it. */
  readonly call: <T>(method: Method, work: () => T) => Promise<T>;
}

/** No faults until some are ordered. */
export function createFailures<Method extends string>(): Failures<Method> {
  const ordered: { readonly method: Method; readonly when: 'before' | 'after' }[] = [];
  let isDown = false;
  return {
    failNext(method, when = 'before', times = 1) {
      for (let each = 0; each < times; each += 1) ordered.push({ method, when });
    },
    setDown(down) {
      isDown = down;
    },
    async call(method, work) {
      // A real store answers later: whatever else is ready to run comes first.
      await Promise.resolve();
      const index = ordered.findIndex((each) => each.method === method);
      const [fault] = index === -1 ? [] : ordered.splice(index, 1);
      if (isDown || fault?.when === 'before') throw new StoreUnavailable(`${method}: the store cannot be reached`);
      const answer = work();
      if (fault?.when === 'after') throw new StoreUnavailable(`${method}: the connection broke before the answer`);
      return answer;
    },
  };
}
