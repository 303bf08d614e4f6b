// The part of the catalogue that the wall can say, cut out when the screens are built: the whole is
// a quarter of the script that its first view loads (it has a limit of 150 kB).
//
// A key is kept when it stands in a file that the wall loads, or when its table does: `code('state',
// ...)`, `unusual.${term}`. Tables named like a page are looked up by whole keys alone.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Plugin } from 'vite';

const IMPORT = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g;

/** The text of a file and of all that it loads. */
export function loaded(file: string, seen: Map<string, string> = new Map()): Map<string, string> {
  const text = readFileSync(file, 'utf8');
  seen.set(file, text);
  for (const [, path = ''] of text.matchAll(IMPORT)) {
    const base = resolve(dirname(file), path);
    const found = [base, `${base}.ts`, `${base}.svelte.ts`].find(
      (one) => /\.(ts|svelte)$/.test(one) && existsSync(one),
    );
    if (found && !seen.has(found)) loaded(found, seen);
  }
  return seen;
}

export function part(
  all: Record<string, string>,
  text: string,
  pages: readonly string[],
): Record<string, string> {
  const stands = (word: string) => text.includes(`'${word}'`);
  const keep = (key: string) => {
    const table = key.split('.')[0] ?? '';
    const looked = text.includes(`\`${table}.\${`) || (!pages.includes(table) && stands(table));
    return looked || stands(key);
  };
  return Object.fromEntries(Object.entries(all).filter(([key]) => keep(key)));
}

export function wallWords(main: string, pages: readonly string[]): Plugin {
  return {
    name: 'wall-words',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith('.json?wall')) return null;
      const json = readFileSync(id.slice(0, -'?wall'.length), 'utf8');
      const all = JSON.parse(json) as Record<string, string>;
      const text = [...loaded(main).values()].join('\n');
      return JSON.stringify(part(all, text, pages));
    },
  };
}
