import { z } from 'zod';

/**
 * Why a call was announced and never made. `untold`: the cluster could not be told of it; `still-untold`: once more, and people were told
 * the first time; `late`: what was seen before it was too old by then; `stopped`: a cancel, or this worker stopped.
 */
export const Withheld = z.enum(['untold', 'still-untold', 'late', 'stopped']);
export type Withheld = z.infer<typeof Withheld>;
