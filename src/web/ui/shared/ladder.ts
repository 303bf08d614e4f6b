// How far a ticket's clocks have climbed: pure.
import type { Level, Ticket } from './wire';

/** Steps that reach somebody beyond whoever has to act, the furthest last. */
const UP: Level[] = [
  'second_operator',
  'second_unit',
  'shift_leader',
  'director',
  'prompt_call',
  'superior_centre',
  'weekly_list',
];

/** The furthest step that has fired of the clocks that run; a reminder when nothing else has. */
export function reached(t: Pick<Ticket, 'clock' | 'beside'>): Level | null {
  const fired = [...(t.clock?.fired ?? []), ...(t.beside?.fired ?? [])];
  const up = UP.filter((level) => fired.includes(level));
  const reminded = (['reminder_2', 'reminder_1'] as const).find((level) => fired.includes(level));
  return up.at(-1) ?? reminded ?? null;
}
