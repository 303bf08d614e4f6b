import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loaded, part } from '../wall.words';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const all = JSON.parse(readFileSync(here('../shared/words/zh-CN.json'), 'utf8')) as Record<string, string>;

test('the wall has every word of its own and every table that it looks up, and leaves the rest', () => {
  const text = [...loaded(here('../wall/main.ts')).values()].join('\n');
  const kept = part(all, text, ['console', 'rules', 'setup']);
  const tables = ['state', 'severity', 'clock', 'clock_over', 'fault', 'camera', 'live', 'reason', 'class'];
  const of = (table: string) => Object.keys(all).filter((key) => key.startsWith(`${table}.`));
  for (const key of tables.flatMap(of)) expect(kept[key], key).toBe(all[key]);
  for (const [, key = ''] of text.matchAll(/\bw\(\s*'([^']+)'/g)) expect(kept[key], key).toBeDefined();
  expect(kept['setup.hint']).toBeUndefined();
  expect(Object.keys(kept).length).toBeLessThan(Object.keys(all).length * 0.75);
});
test('a table is kept when it is named, a page\'s only by whole keys', () => {
  const all = { 'state.new': 'a', 'console.go': 'b', 'console.no': 'c', 'way.in': 'd', 'film.at': 'e' };
  const text = "code('state', s) w('console.go') page('console') w(`way.${word}`)";
  expect(Object.keys(part(all, text, ['console']))).toEqual(['state.new', 'console.go', 'way.in']);
});
