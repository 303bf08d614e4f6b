// Turns of one line in as few rows as they need. Pure.
import type { Turn } from '../shared/wire';

/** Rows of turns that do not lie over each other, the earliest first. */
export function lanes(turns: Turn[]): Turn[][] {
  const rows: Turn[][] = [];
  const sorted = turns.toSorted((a, b) => a.starts_ms - b.starts_ms || (a.name < b.name ? -1 : 1));
  for (const turn of sorted) {
    // Who goes on from one turn to the next stays in one row.
    const free = rows.filter((row) => row.at(-1)!.ends_ms <= turn.starts_ms);
    const own = free.find((row) => row.at(-1)!.name === turn.name) ?? free[0];
    if (own) own.push(turn);
    else rows.push([turn]);
  }
  return rows;
}

/** Where a time lies in a period, as fractions of it; null outside. */
export function place(
  of: { from_ms: number; until_ms: number },
  period: { from_ms: number; until_ms: number },
): { left: number; width: number } | null {
  const whole = period.until_ms - period.from_ms;
  const from = Math.max(of.from_ms, period.from_ms);
  const until = Math.min(of.until_ms, period.until_ms);
  if (until <= from || whole <= 0) return null;
  return { left: (from - period.from_ms) / whole, width: (until - from) / whole };
}
