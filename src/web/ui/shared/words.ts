// One catalogue for every text. Look-up is pure; the language in use is in lang.svelte.ts. A page
// loads only the language that it speaks: both would be a third of the first view's script.
import type zh from './words/zh-CN.json';

export type Lang = 'zh' | 'en';
export type Key = keyof typeof zh;

/** Those that were loaded. */
export const catalogues: Partial<Record<Lang, Record<string, string>>> = {};

const whole = { zh: () => import('./words/zh-CN.json'), en: () => import('./words/en.json') };
/** What the wall can say (wall.words.ts). */
const wall = { zh: () => import('./words/zh-CN.json?wall'), en: () => import('./words/en.json?wall') };

export async function load(lang: Lang): Promise<void> {
  // Tests have no document.
  const page = typeof document === 'undefined' ? '' : document.documentElement.dataset['page'];
  const from = page === 'wall' ? wall : whole;
  catalogues[lang] ??= (await from[lang]()).default;
}

export const localeOf: Record<Lang, string> = { zh: 'zh-CN', en: 'en' };

/** `{n:gap|gaps}`: the word for one, and for any other number. */
const FORMS = /\{(\w+):([^|}]*)\|([^}]*)\}/g;

export function say(lang: Lang, key: string, values: Record<string, string | number> = {}): string {
  const text = catalogues[lang]?.[key];
  if (text === undefined) return key;
  return text
    .replace(FORMS, (_, name: string, one: string, more: string) => (values[name] === 1 ? one : more))
    .replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Both languages know the same keys. */
export const knows = (key: string): boolean =>
  (catalogues.zh ?? catalogues.en)?.[key] !== undefined;
