/** Light or dark: as the system has it, unless chosen here. */
import { useEffect, useState } from 'preact/hooks';
import { dark, light, type Theme } from '../charts/palette.ts';

export type Choice = 'system' | 'light' | 'dark';
const key = 'cpa-theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

export function chosen(): Choice {
  const kept = localStorage.getItem(key);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Chooses and keeps the choice. */
export function choose(choice: Choice): void {
  if (choice === 'system') localStorage.removeItem(key);
  else localStorage.setItem(key, choice);
  apply();
}

/** Makes the page look as chosen. */
export function apply(): void {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  for (const listener of listeners) listener();
}

function isDark(): boolean {
  const choice = chosen();
  return choice === 'dark' || (choice === 'system' && system.matches);
}

system.addEventListener('change', apply);

/** The colours of charts now. */
export function useTheme(): Theme {
  const [theme, setTheme] = useState(isDark() ? dark : light);
  useEffect(() => {
    const listener = () => setTheme(isDark() ? dark : light);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return theme;
}
