// A stretch of time as it was recorded: footage, gaps and what the index does not say. Pure.
import type { Footage } from './wire';

export type Kind = 'footage' | 'gap' | 'planned' | 'unknown';

export interface Piece {
  kind: Kind;
  from_ms: number;
  to_ms: number;
  cause: string | null;
}

/** What a time without footage is, where it is no failure. */
const KINDS: Record<string, Kind> = {
  not_recorded: 'planned',
  daemon_stopped: 'planned',
  deleted: 'planned',
  before_recording: 'unknown',
  not_yet: 'unknown',
  // It is on the disk, and can be played when its file is finished.
  being_written: 'footage',
};
/** Two files belong together when no more than a slow camera's picture lies between them. */
const TOUCH_MS = 2000;

/** Pieces from end to end of the stretch, in order, with nothing between them. */
export function pieces(footage: Footage, from_ms: number, to_ms: number): Piece[] {
  const known: Piece[] = [
    ...footage.segments.map((s) => piece('footage', s.start_ms, s.end_ms, null)),
    ...footage.gaps.map((g) => piece(KINDS[g.cause] ?? 'gap', g.start_ms, g.end_ms, g.cause)),
  ];
  const inside = known
    .map((p) => ({ ...p, from_ms: Math.max(p.from_ms, from_ms), to_ms: Math.min(p.to_ms, to_ms) }))
    .filter((p) => p.to_ms > p.from_ms)
    .sort((a, b) => a.from_ms - b.from_ms || a.to_ms - b.to_ms);
  const all: Piece[] = [];
  let at = from_ms;
  for (const next of inside) {
    const last = all.at(-1);
    const begins = Math.max(next.from_ms, at);
    if (next.to_ms <= at) continue;
    const joins = last?.kind === next.kind && last.cause === next.cause;
    if (last && joins && begins - last.to_ms <= TOUCH_MS) last.to_ms = next.to_ms;
    else {
      if (begins - at > TOUCH_MS) all.push(piece('unknown', at, begins, null));
      all.push({ ...next, from_ms: begins });
    }
    at = next.to_ms;
  }
  if (to_ms - at > TOUCH_MS) all.push(piece('unknown', at, to_ms, null));
  return all;
}

function piece(kind: Kind, from_ms: number, to_ms: number, cause: string | null): Piece {
  return { kind, from_ms, to_ms, cause };
}

export const pieceAt = (all: Piece[], at_ms: number): Piece | null =>
  all.find((p) => at_ms >= p.from_ms && at_ms < p.to_ms) ?? null;

export interface Sums {
  footage_ms: number;
  gap_ms: number;
  gaps: number;
}
export function sums(all: Piece[]): Sums {
  const of = (kind: Kind) => all.filter((p) => p.kind === kind);
  const length = (list: Piece[]) => list.reduce((sum, p) => sum + p.to_ms - p.from_ms, 0);
  const gaps = of('gap');
  // A gap of half a second is told as a second, never as none.
  const gap_ms = Math.ceil(length(gaps) / 1000) * 1000;
  return { footage_ms: length(of('footage')), gap_ms, gaps: gaps.length };
}

/** The clip around a moment: a little before, so that what led to it is seen (guess, revisit). */
export function clipAround(at_ms: number, newest_ms: number): { from_ms: number; to_ms: number } {
  const to_ms = Math.min(at_ms + 50_000, newest_ms);
  return { from_ms: Math.min(at_ms - 10_000, to_ms - 10_000), to_ms };
}
