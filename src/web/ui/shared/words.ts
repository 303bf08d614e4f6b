// One catalogue for every text. Pure look-up; the language in use is in lang.svelte.ts.
import en from './words/en.json';
import zh from './words/zh-CN.json';

export type Lang = 'zh' | 'en';
export type Key = keyof typeof zh;

export const catalogues: Record<Lang, Record<string, string>> = { zh, en };
export const localeOf: Record<Lang, string> = { zh: 'zh-CN', en: 'en' };

export function say(lang: Lang, key: string, values: Record<string, string | number> = {}): string {
  const text = catalogues[lang][key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export const knows = (key: string): boolean => catalogues.zh[key] !== undefined;
