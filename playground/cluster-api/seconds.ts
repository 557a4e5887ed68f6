/** Seconds of `1h2m3s`; undefined: it is no such text. */
export function secondsOf(text: string): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null || text === '') return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((each) => Number(each ?? 0));
  return hours * 3_600 + minutes * 60 + seconds;
}
