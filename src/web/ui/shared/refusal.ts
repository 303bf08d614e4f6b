// Why something was refused, in words.
import type { ApiError } from './api';
import { w } from './lang.svelte';
import { knows, type Key } from './words';

export function codeWords(code: string): string {
  const key = `error.${code}`;
  return knows(key) ? w(key as Key) : w('error.other', { code });
}

export function refusalWords(error: ApiError): string {
  if (error.code === 'conflict') {
    const by = error.detail?.['by'];
    return typeof by === 'string' && by ? w('error.conflict', { by }) : w('error.conflict_nobody');
  }
  if (knows(`error.${error.code}`)) return codeWords(error.code);
  return error.message && !error.code.startsWith('http_') ? error.message : codeWords(error.code);
}
