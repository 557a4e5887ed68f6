import { useEffect, useState } from 'react';

/** Where on the page one is: a channel, perhaps a message in it. */
export interface Route {
  readonly channel: string | undefined;
  readonly ts: string | undefined;
}

/** Reads `#/C0OPS/1763740000000001`; the dot of the ts may be missing, as in Slack's permalinks. */
export function readRoute(hash: string): Route {
  const [, channel, digits] = /^#\/([A-Z0-9]+)(?:\/(\d+\.?\d*))?$/.exec(hash) ?? [];
  const ts = digits === undefined || digits.includes('.') ? digits : `${digits.slice(0, -6)}.${digits.slice(-6)}`;
  return { channel, ts };
}

/** The route of the address bar, kept current. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    function onChange(): void {
      setRoute(readRoute(location.hash));
    }
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return route;
}
