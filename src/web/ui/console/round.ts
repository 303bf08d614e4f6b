// The paced round over all cameras: when it is due, what comes next. Pure.
import type { Round } from '../shared/wire';

/** A round every quarter of an hour (domain 4.1). */
export const ROUND_MS = 15 * 60_000;

export interface Coverage {
  seen: number;
  of: number;
  /** When the camera that waits longest was looked at; null if one was not in this shift. */
  oldest_ms: number | null;
  /** When the round is due. */
  due_ms: number;
}

export function coverage(round: Round): Coverage {
  const times = round.cameras.map((c) => c.at_ms);
  const seen = times.filter((at): at is number => at !== null);
  const oldest = seen.length === times.length && seen.length > 0 ? Math.min(...seen) : null;
  return {
    seen: seen.length,
    of: times.length,
    oldest_ms: oldest,
    due_ms: (oldest ?? round.since_ms) + ROUND_MS,
  };
}

/** The cameras of one round: who was not looked at, or longest ago, comes first. */
export function route(round: Round): string[] {
  return round.cameras
    .map((c, i) => ({ ...c, i }))
    .sort((a, b) => (a.at_ms ?? 0) - (b.at_ms ?? 0) || a.i - b.i)
    .map((c) => c.camera);
}
