// Why something was refused, in words.
import type { ApiError } from './api';
import { code, w } from './lang.svelte';
import type { Station } from './station.svelte';
import { logFacts } from './tell';
import type { LogLine } from './wire';
import { knows, type Key } from './words';

export function codeWords(code: string, values: Record<string, string | number> = {}): string {
  const key = `error.${code}`;
  return knows(key) ? w(key as Key, values) : w('error.other', { code });
}

/** The facts of a refusal that a sentence may name. */
function facts(error: ApiError): Record<string, string | number> {
  const known = Object.entries(error.detail ?? {});
  return Object.fromEntries(
    known.filter((entry): entry is [string, string | number] =>
      ['string', 'number'].includes(typeof entry[1]),
    ),
  );
}

export function refusalWords(error: ApiError, station?: Station): string {
  if (error.code === 'conflict') return conflict(error, station);
  if (knows(`error.${error.code}`)) return codeWords(error.code, facts(error));
  return error.message && !error.code.startsWith('http_') ? error.message : codeWords(error.code);
}

/** Who was first, when, and what is different now. */
function conflict(error: ApiError, station?: Station): string {
  const by = error.detail?.['by_display'] ?? error.detail?.['by'];
  if (typeof by !== 'string' || !by) return w('error.conflict_nobody');
  const lines = error.detail?.['changes'];
  const last = Array.isArray(lines) ? (lines as LogLine[]).at(-1) : undefined;
  if (!last || !station) return w('error.conflict', { by });
  const display = (name: string | null) => station.displayOf(name);
  const what = [code('input', last.input), logFacts(last, display)].filter(Boolean).join(' ');
  return w('error.conflict_what', {
    by: last.actor_display || by,
    time: station.time.clock(last.at_ms),
    what,
  });
}
