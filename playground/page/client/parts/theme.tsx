import { type ReactNode, useEffect } from 'react';
import { useRemembered } from '../state/remembered.ts';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

function readTheme(kept: string | null): Theme {
  return THEMES.find((one) => one === kept) ?? 'system';
}

/** Light, dark, or as the machine is set. */
export function ThemeSwitch(): ReactNode {
  const [theme, setTheme] = useRemembered('browser', 'drydock.theme', readTheme, (value) => value);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    function apply(): void {
      document.documentElement.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
    }
    apply();
    dark.addEventListener('change', apply);
    return () => dark.removeEventListener('change', apply);
  }, [theme]);
  return (
    <div className="segments" role="group" aria-label="Colours">
      {THEMES.map((one) => (
        <button key={one} type="button" aria-pressed={one === theme} onClick={() => setTheme(one)}>
          {one}
        </button>
      ))}
    </div>
  );
}
