/**
 * A bound of a roll-out in machines: a number, or a share of the replicas (`25%`). What cannot be read is the default.
 * Source: Cluster API, `internal/controllers/machinedeployment/mdutil`: surge rounds up, unavailable down.
 */
export function boundOf(
  value: number | string | null | undefined,
  otherwise: number,
  replicas: number,
  round: 'up' | 'down',
): number {
  if (value === null || value === undefined) return otherwise;
  if (typeof value === 'number') return value;
  const [, share] = /^(\d{1,3})%$/.exec(value) ?? [];
  if (share !== undefined) {
    const exact = (Number(share) * replicas) / 100;
    return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
  }
  return /^\d{1,6}$/.test(value) ? Number(value) : otherwise;
}
