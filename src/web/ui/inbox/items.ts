// What waits for a leader: late tickets first, then what only a leader can decide. Pure.
import type { PolicyVersion, RosterHead, RuleRequest, Swap, Ticket } from '../shared/wire';

/** Tickets that nobody may leave as they are: over their time or without anybody to send, the
 * longest overdue first. */
export function overdue(tickets: readonly Ticket[], now: number): Ticket[] {
  const since = (t: Ticket): number =>
    Math.min(t.nobody_since_ms ?? Number.MAX_SAFE_INTEGER, t.clock?.due_ms ?? Number.MAX_SAFE_INTEGER);
  return tickets.filter((t) => since(t) < now && !t.paused).sort((a, b) => since(a) - since(b));
}

export type Item =
  | { kind: 'time'; id: string; at_ms: number; ticket: Ticket }
  | { kind: 'rule'; id: string; at_ms: number; request: RuleRequest }
  | { kind: 'swap'; id: string; at_ms: number; swap: Swap }
  | { kind: 'policy'; id: string; at_ms: number; version: PolicyVersion }
  | { kind: 'roster'; id: string; at_ms: number; roster: RosterHead };

export interface Waiting {
  tickets: readonly Ticket[];
  requests: readonly RuleRequest[];
  swaps: readonly Swap[];
  versions: readonly PolicyVersion[];
  rosters: readonly RosterHead[];
}

/** What waits for a decision, the longest first. What is one's own is for somebody else. */
export function decisions(of: Waiting, me: string): Item[] {
  const items: Item[] = [
    ...of.tickets
      .filter((t) => t.request && t.request.by.name !== me)
      .map((ticket): Item => ({ kind: 'time', id: ticket.id, at_ms: ticket.request!.at_ms, ticket })),
    ...of.requests
      .filter((r) => r.standing === 'asked' && r.asked.by !== me)
      .map((request): Item => ({ kind: 'rule', id: request.id, at_ms: request.asked.at_ms, request })),
    ...of.swaps
      .filter((s) => s.standing === 'agreed')
      .map((swap): Item => ({ kind: 'swap', id: swap.id, at_ms: swap.agreed_ms ?? swap.asked_ms, swap })),
    ...of.versions
      .filter((v) => v.standing === 'proposed' && v.mine_to_decide)
      .map((version): Item => ({
        kind: 'policy',
        id: String(version.number),
        at_ms: version.proposed_ms,
        version,
      })),
    ...of.rosters
      .filter((r) => r.version === null)
      .map((roster): Item => ({ kind: 'roster', id: roster.id, at_ms: roster.drafted_ms, roster })),
  ];
  return items.sort((a, b) => a.at_ms - b.at_ms);
}
