import { expect, test } from 'vitest';
import { ordered, sameToPerson, withClaim } from '../console/choice';
import type { Ticket } from '../shared/wire';

const ticket = (over: Partial<Ticket>): Ticket =>
  ({
    state: 'new',
    claimed_by: null,
    category: null,
    severity: 'S2',
    reason: { class: 'person' },
    ...over,
  }) as Ticket;

test('what nobody has claimed is claimed on the way to a verdict', () => {
  expect(withClaim(['claim'], { type: 'confirm' })).toEqual([
    { type: 'claim' },
    { type: 'confirm' },
  ]);
  expect(withClaim(['claim', 'confirm'], { type: 'confirm' })).toEqual([{ type: 'confirm' }]);
});
test('the likely categories come first, none is lost, none comes twice', () => {
  const codes = ['fire_smoke', 'fight', 'intrusion', 'other'];
  expect(ordered(codes, ticket({}))).toEqual(['intrusion', 'fight', 'fire_smoke', 'other']);
  expect(ordered(codes, ticket({ category: 'other' }))).toEqual([
    'other',
    'intrusion',
    'fight',
    'fire_smoke',
  ]);
});
test('a clip that arrives is no conflict, a claim by somebody is', () => {
  expect(sameToPerson(ticket({ version: 1 }), ticket({ version: 2, clip: 'c', count: 2 }))).toBe(
    true,
  );
  expect(sameToPerson(ticket({}), ticket({ state: 'verifying', claimed_by: 'wang' }))).toBe(false);
});
