import process from 'node:process';

/**
 * Loaded before a program (`node --import`): its clock on the wall is right until SIGUSR2 comes, and from then on off by
 * CLOCK_JUMP_MS, as after a wrong correction of the machine's time. Timers go on as they did: they never depend on that clock.
 */
const byMs = Number(process.env['CLOCK_JUMP_MS'] ?? 0);
const right = Date;
const rightNow = Date.now.bind(Date);
let offMs = 0;

function now(): number {
  return rightNow() + offMs;
}

globalThis.Date = new Proxy(right, {
  construct: (target, given: readonly unknown[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});

process.on('SIGUSR2', () => {
  offMs += byMs;
  process.stderr.write(`the clock jumped by ${byMs} ms\n`);
});
