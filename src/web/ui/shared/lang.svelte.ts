// The language in use: `?lang=` wins, then what was chosen here before, then Chinese.
import { knows, load, localeOf, say, type Key, type Lang } from './words';

const STORED = 'gengfu.lang';
const known = (value: string | null): Lang | null =>
  value === 'zh' || value === 'en' ? value : null;

function first(): Lang {
  const asked = known(new URLSearchParams(location.search).get('lang'));
  return asked ?? known(localStorage.getItem(STORED)) ?? 'zh';
}

const current = $state({ lang: first() });

export const lang = (): Lang => current.lang;
export const locale = (): string => localeOf[current.lang];

/** Speaks another language once its words are there; without a signal it stays as it is. */
export async function setLang(next: Lang): Promise<void> {
  await load(next);
  current.lang = next;
  localStorage.setItem(STORED, next);
  document.documentElement.lang = locale();
  window.dispatchEvent(new Event('gengfu-lang'));
}

/** The words for a key that the compiler knows. */
export const w = (key: Key, values?: Record<string, string | number>): string =>
  say(current.lang, key, values);

/** The words for a code that came over the wire; an unknown code is shown as it came. */
export function code(group: string, value: string | null | undefined): string {
  if (!value) return '';
  const key = `${group}.${value}`;
  return knows(key) ? say(current.lang, key) : value;
}

export const joined = (parts: (string | null | undefined | false)[]): string =>
  parts.filter((part): part is string => !!part).join(say(current.lang, 'join'));
