import { expect, test } from 'vitest';
import { decisions, overdue } from '../inbox/items';
import type { RuleRequest, Ticket } from '../shared/wire';

const clock = (due_ms: number) => ({ name: 'ack', started_ms: 0, due_ms, fired: [] });
const ticket = (id: string, of: Partial<Ticket>): Ticket =>
  ({ id, clock: null, paused: null, nobody_since_ms: null, request: null, ...of }) as Ticket;

test('the longest overdue comes first; what stands still or is in time is not late', () => {
  const tickets = [
    ticket('in time', { clock: clock(200) as Ticket['clock'] }),
    ticket('late', { clock: clock(90) as Ticket['clock'] }),
    ticket('nobody', { clock: clock(200) as Ticket['clock'], nobody_since_ms: 50 }),
    ticket('paused', { clock: clock(10) as Ticket['clock'], paused: {} as Ticket['paused'] }),
  ];
  expect(overdue(tickets, 100).map((t) => t.id)).toEqual(['nobody', 'late']);
});

test('what waits for a decision is in order, and without what is one\'s own', () => {
  const request = (by: string, at_ms: number) => ({ by: { name: by }, at_ms, wish: 'extend' });
  const rule = (id: string, by: string, standing: string) =>
    ({ id, standing, asked: { by, at_ms: 5 } }) as unknown as RuleRequest;
  const items = decisions(
    {
      tickets: [
        ticket('mine', { request: request('zhao', 1) as Ticket['request'] }),
        ticket('theirs', { request: request('li', 9) as Ticket['request'] }),
      ],
      requests: [rule('a', 'li', 'asked'), rule('b', 'zhao', 'asked'), rule('c', 'li', 'over')],
      swaps: [],
      versions: [],
      rosters: [],
    },
    'zhao',
  );
  expect(items.map((i) => `${i.kind} ${i.id}`)).toEqual(['rule a', 'time theirs']);
});
