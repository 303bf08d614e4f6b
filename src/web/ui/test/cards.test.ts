import { expect, test } from 'vitest';
import { answered, apply, inOrder, reconcile, type Card } from '../phone/cards';
import type { Envelope } from '../phone/outbox';
import type { Ticket } from '../shared/wire';

const AT = '2026-11-23T05:00:00.000Z';
const message = (type: string, body: Record<string, unknown>): Envelope => ({
  v: 1,
  id: `${type}-1`,
  seq: 1,
  at: AT,
  type,
  ticket: 't1',
  body: { offer: 'o1', ...body },
});
const order = message('order', {
  number: 1182,
  category: 'person_down',
  severity: 'S1',
  place: 'north path',
  camera_name: 'north',
  reason: {},
  ack_due_ms: Date.parse(AT) + 60_000,
  still: 'e1',
});
const state = (s: string, reason: string | null = null) =>
  message('state', { state: s, due_ms: Date.parse(AT) + 300_000, clock: 'arrive', reason });
const one = (cards: Card[]) => cards[0]!;
const ticket = (over: Partial<Ticket>): Ticket & { offer: string } =>
  ({
    id: 't1',
    number: 1182,
    state: 'offered',
    category: 'person_down',
    severity: 'S1',
    place: 'north path',
    camera_name: 'north',
    reason: {},
    snapshot: 'e1',
    clock: null,
    received_ms: null,
    unreceived_ms: null,
    acked_ms: null,
    on_scene_ms: null,
    replied_ms: null,
    ...over,
    offer: 'o1',
  }) as Ticket & { offer: string };

test('an order makes a card with a running clock, once', () => {
  const cards = apply(apply([], order), order);
  expect(cards.length).toBe(1);
  expect(one(cards)).toMatchObject({
    phase: 'offered',
    clock: { name: 'ack', started_ms: Date.parse(AT) },
  });
});
test('an answer goes ahead of the centre, the centre confirms it', () => {
  const ahead = answered(apply([], order), 'o1', 'ack', 'a1');
  expect(one(ahead)).toMatchObject({ phase: 'accepted', sure: 'offered' });
  expect(one(apply(ahead, state('accepted')))).toMatchObject({
    phase: 'accepted',
    sure: 'accepted',
  });
});
test('a refused answer takes the card back to what the centre knows', () => {
  const ahead = answered(apply([], order), 'o1', 'ack', 'a1');
  const back = apply(ahead, message('refused', { answer: 'a1', code: 'offer_over' }));
  expect(one(back)).toMatchObject({ phase: 'offered', refusal: 'offer_over' });
});
test('a refused receipt troubles nobody', () => {
  const ahead = answered(apply([], order), 'o1', 'received', 'r1');
  expect(
    one(apply(ahead, message('refused', { answer: 'r1', code: 'offer_over' }))).refusal,
  ).toBeNull();
});
test('a withdrawn order says why and stays until it was seen', () => {
  const gone = apply(apply([], order), message('withdraw', { reason: 'no_ack' }));
  expect(one(gone)).toMatchObject({ phase: 'withdrawn', because: 'no_ack' });
  expect(reconcile(gone, [], () => false).length).toBe(1);
});
test('a returned reply says why, also after the daemon was asked', () => {
  const back = apply(apply(apply([], order), state('handled')), state('returned', 'photo unclear'));
  const read = one(reconcile(back, [ticket({ state: 'on_scene' })], () => false));
  expect(read).toMatchObject({ phase: 'returned', sure: 'returned', because: 'photo unclear' });
});
test('what the daemon lists wins, unless an answer is still on its way', () => {
  const ahead = answered(apply([], order), 'o1', 'ack', 'a1');
  expect(one(reconcile(ahead, [ticket({})], () => true)).phase).toBe('accepted');
  expect(one(reconcile(ahead, [ticket({})], () => false)).phase).toBe('offered');
});
test('an order that the daemon no longer lists is gone', () => {
  expect(reconcile(apply([], order), [], () => false)).toEqual([]);
});
test('what must be accepted stands first', () => {
  const accepted = { ...one(apply([], order)), offer: 'o2', phase: 'accepted' as const };
  expect(inOrder([accepted, one(apply([], order))]).map((c) => c.offer)).toEqual(['o1', 'o2']);
});
