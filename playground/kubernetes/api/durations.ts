import type { ApiObject } from '../contracts.ts';
import { textAt } from './reading.ts';

/** A time span in the short words of the API: `45s`, `2m10s`, `15m`, `3h4m`, `6d`. */
export function shortSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 2920 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

/** How long ago a time was; `<unknown>` for none. */
export function since(time: string, now: number): string {
  return time === '' ? '<unknown>' : shortSpan(now - Date.parse(time));
}

/** The age of an object. */
export function ageOf(object: ApiObject, now: number): string {
  return since(textAt(object, 'metadata', 'creationTimestamp'), now);
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
