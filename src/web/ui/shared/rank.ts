// A member's place in the ranking, in words: what speaks for and against, and why behind the one before.
import { code, joined, w } from './lang.svelte';
import { duration } from './tell';
import type { Candidate } from './wire';

/** Rows of a log line: the ranking as it was when somebody was asked. */
export type Kept = Omit<Candidate, 'name' | 'display' | 'eligible' | 'choosable'> & {
  member: string;
};

type Facts = Omit<Candidate, 'name' | 'display' | 'eligible' | 'choosable'>;

/** Why this place: the bar, or what put it behind the one before. */
export function placeWords(c: Facts, before: string | null): string {
  if (c.bar) return code('bar', c.bar);
  if (!c.decided || before === null) return w('candidate.first');
  const key = `decided.${c.decided}`;
  return code('decided', c.decided) === c.decided
    ? ''
    : w(key as Parameters<typeof w>[0], { name: before });
}

/** The facts that the ranking went by. */
export function factWords(c: Facts, now: number): string {
  const minutes = c.travel_s === null ? null : Math.max(1, Math.round(c.travel_s / 60));
  return joined([
    c.own_beat === true && w('candidate.own_beat'),
    c.own_beat === false && w('candidate.other_beat'),
    minutes !== null &&
      c.way_m !== null &&
      w('candidate.way', { time: w('unit.minutes', { n: minutes }), m: c.way_m }),
    c.open_work > 0 ? w('candidate.open_work', { n: c.open_work }) : w('candidate.free'),
    c.jobs > 0 && w('candidate.jobs', { n: c.jobs }),
    c.last_job_ms !== null &&
      w('candidate.last_job', { ago: duration(Math.max(0, now - c.last_job_ms)) }),
    !c.rested && w('candidate.resting'),
    c.signed_on === false && c.bar === null && w('candidate.unsigned'),
    c.phone_online === true && w('candidate.phone_online'),
    c.phone_online === false && w('candidate.phone_offline'),
  ]);
}

/** The ranking that a line of the log keeps, if it keeps one. */
export function keptRanking(detail: Record<string, unknown>): Kept[] {
  const ranking = detail['ranking'];
  return Array.isArray(ranking) ? (ranking as Kept[]) : [];
}
