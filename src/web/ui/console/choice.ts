// What the console decides without asking: pure.
import type { Act, Ticket } from '../shared/wire';

/** Whether a person who saw the one would decide the same on the other. */
export function sameToPerson(a: Ticket, b: Ticket): boolean {
  const seen = (t: Ticket) =>
    [
      t.state,
      t.claimed_by,
      t.verified_by,
      t.category,
      t.severity,
      t.place,
      t.offer,
      t.replied_ms,
    ].join('\n');
  return seen(a) === seen(b);
}

/** The acts that a wish needs: what nobody has claimed yet is claimed on the way. */
export function withClaim(allowed: string[], act: Act): Act[] {
  return !allowed.includes(act.type) && allowed.includes('claim')
    ? [{ type: 'claim' }, act]
    : [act];
}

const LIKELY: Record<string, string[]> = {
  person: [
    'intrusion',
    'suspicious_situation',
    'fight',
    'person_down',
    'theft_in_progress',
    'help_request',
  ],
  bicycle: ['intrusion', 'traffic_obstruction', 'environment_disorder', 'suspicious_situation'],
  vehicle: ['fire_lane_blocked', 'traffic_obstruction', 'intrusion', 'suspicious_situation'],
  animal: ['animal_hazard', 'environment_disorder', 'intrusion'],
  bag: ['object_left', 'suspicious_situation', 'intrusion'],
  motion: ['intrusion', 'suspicious_situation', 'object_left', 'environment_disorder'],
};

/** All categories, the likely ones for what was seen first (the order is a guess, revisit). */
export function ordered(categories: string[], ticket: Ticket): string[] {
  const first = LIKELY[ticket.reason.class ?? 'motion'] ?? [];
  const known = [ticket.category ?? '', ...first].filter((c) => categories.includes(c));
  return [...new Set([...known, ...categories])];
}
