import type { Writable } from 'node:stream';
import type { AuditSink } from '../../core/ports/audit-out.ts';

/** A stream such as standard output. What it already told cannot be seen. */
export function createStreamSink(stream: Writable): AuditSink {
  return {
    newest: async () => await Promise.resolve(null),
    write: async (lines) => {
      const written = Promise.withResolvers<void>();
      stream.write(lines, (error) => {
        if (error === null || error === undefined) written.resolve();
        else written.reject(error);
      });
      await written.promise;
    },
  };
}
