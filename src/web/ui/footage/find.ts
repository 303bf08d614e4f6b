// Where to go on a timeline: windows, events before and after, footage after a gap. Pure.
import type { Piece } from '../shared/strip';
import type { Ticket } from '../shared/wire';

const MIN_MS = 60_000;
/** Distances of marks that a person counts in. */
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240].map((min) => min * MIN_MS);
const TICKS_MAX = 9;

export interface Span {
  from_ms: number;
  to_ms: number;
}

/** A window of this length around a moment, inside the day. */
export function around(at_ms: number, length_ms: number, day: Span): Span {
  const whole = day.to_ms - day.from_ms;
  if (length_ms >= whole) return day;
  const from = Math.min(Math.max(at_ms - length_ms / 2, day.from_ms), day.to_ms - length_ms);
  return { from_ms: from, to_ms: from + length_ms };
}

/** The nearest of these moments before (-1) or after (1) this one; null at the end. A moment closer
 * than a second is the one where one is. */
export function step(moments: readonly number[], at_ms: number, way: 1 | -1): number | null {
  const beyond = moments.filter((m) => (way > 0 ? m > at_ms + 1000 : m < at_ms - 1000));
  if (beyond.length === 0) return null;
  return way > 0 ? Math.min(...beyond) : Math.max(...beyond);
}

/** Where footage begins again at or after a moment. */
export function footageAfter(pieces: readonly Piece[], at_ms: number): number | null {
  const next = pieces.find((p) => p.kind === 'footage' && p.to_ms > at_ms);
  return next ? Math.max(next.from_ms, at_ms) : null;
}

/** A clip from a moment on, as far as the footage goes without a gap. */
export function clipFrom(pieces: readonly Piece[], at_ms: number, most_ms: number): Span | null {
  const piece = pieces.find((p) => at_ms >= p.from_ms && at_ms < p.to_ms);
  if (piece?.kind !== 'footage') return null;
  return { from_ms: at_ms, to_ms: Math.min(piece.to_ms, at_ms + most_ms) };
}

/** Whether a ticket has all the words somewhere in what is shown of it. */
export function matches(shown: string, words: string): boolean {
  const text = shown.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export const inside = (tickets: readonly Ticket[], day: Span): Ticket[] =>
  tickets
    .filter((t) => t.opened_ms >= day.from_ms && t.opened_ms < day.to_ms)
    .sort((a, b) => b.opened_ms - a.opened_ms);

/** Marks that would lie on each other are one, with the most urgent of them. */
export function clusters(
  tickets: readonly Ticket[],
  place: (ms: number) => number,
  least: number,
): { first: Ticket; worst: Ticket; count: number; at: number }[] {
  const sorted = tickets.toSorted((a, b) => a.opened_ms - b.opened_ms);
  const found: ReturnType<typeof clusters> = [];
  for (const t of sorted) {
    const last = found.at(-1);
    const at = place(t.opened_ms);
    if (last && at - last.at < least) {
      last.count += 1;
      if (t.severity < last.worst.severity) last.worst = t;
    } else found.push({ first: t, worst: t, count: 1, at });
  }
  return found;
}

/** Marks at round times of the day that began at `origin_ms`, as many as are read at a glance; none
 * so near to an end that its figures would be cut. */
export function roundTicks(shown: Span, origin_ms: number): number[] {
  const length = shown.to_ms - shown.from_ms;
  const every = STEPS_MS.find((ms) => length / ms <= TICKS_MAX) ?? STEPS_MS.at(-1)!;
  const first = origin_ms + Math.ceil((shown.from_ms - origin_ms) / every) * every;
  const count = Math.max(0, Math.ceil((shown.to_ms - first) / every));
  const margin = length / 50;
  return Array.from({ length: count }, (_, n) => first + n * every).filter(
    (ms) => ms - shown.from_ms >= margin && shown.to_ms - ms >= margin,
  );
}
