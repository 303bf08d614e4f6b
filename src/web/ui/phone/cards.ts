// The member's orders as cards: pure functions of what came over MQTT and HTTP. `sure` is what the
// centre has said last; `phase` is ahead of it while an answer is on its way.
import type { Clock, ClockName, Reason, Severity, Ticket } from '../shared/wire';
import type { AnswerType, Envelope } from './outbox';

export type Phase =
  'offered' | 'accepted' | 'on_scene' | 'handled' | 'returned' | 'closed' | 'withdrawn' | 'refused';

export interface Card {
  ticket: string;
  offer: string;
  number: string | number;
  category: string | null;
  severity: Severity;
  place: string;
  camera_name: string;
  reason: Reason;
  still: string | null;
  /** What the centre says about this category, and what is to be ticked in the reply. */
  instruction: string | null;
  checks: string[];
  sure: Phase;
  phase: Phase;
  clock: Clock | null;
  times: Partial<Record<'received' | 'acked' | 'on_scene' | 'replied', number>>;
  answers: Record<string, AnswerType>;
  /** Why it was returned or withdrawn. */
  because: string | null;
  /** Code of the last refused answer. */
  refusal: string | null;
  /** A supporting member comes besides the one who answers for it. */
  part?: 'owner' | 'support';
  /** Who answers for it, as far as the phone knows. */
  owner?: string | null;
  /** Who comes besides. */
  supports?: string[];
  /** Sent out before the verdict. */
  unverified?: boolean;
}

const clockOf = (name: unknown, started_ms: number, due_ms: unknown): Clock | null =>
  typeof name === 'string' && typeof due_ms === 'number'
    ? { name: name as ClockName, started_ms, due_ms, fired: [] }
    : null;

function fromOrder(e: Envelope): Card {
  const b = e.body as unknown as Omit<Card, 'ticket'> & { ack_due_ms: number };
  const at = Date.parse(e.at);
  return {
    ticket: e.ticket ?? '',
    offer: b.offer,
    number: b.number,
    category: b.category ?? null,
    severity: b.severity,
    place: b.place,
    camera_name: b.camera_name,
    reason: b.reason,
    still: b.still ?? null,
    instruction: b.instruction ?? null,
    checks: b.checks ?? [],
    sure: 'offered',
    phase: 'offered',
    clock: clockOf('ack', at, b.ack_due_ms),
    times: {},
    answers: {},
    because: null,
    refusal: null,
    part: b.part ?? 'owner',
    owner: b.owner ?? null,
    supports: [],
    unverified: b.unverified ?? false,
  };
}

const PHASES: Record<string, Phase> = {
  offered: 'offered',
  accepted: 'accepted',
  on_scene: 'on_scene',
  handled: 'handled',
  closed: 'closed',
};

/** A ticket that was read; what this phone knows beyond it is kept. */
export function fromTicket(
  t: Ticket & { offer: string },
  known: Card | undefined,
  pending: boolean,
): Card {
  const state = PHASES[t.paused?.inside ?? t.state] ?? 'withdrawn';
  // A ticket that was returned is `on_scene` again; only the phone still knows why.
  const again = state === 'on_scene' && known?.sure === 'returned';
  const sure: Phase = again ? 'returned' : state;
  const returned = again || state === 'accepted' ? (known?.because ?? null) : null;
  const times: Card['times'] = {};
  if (t.received_ms !== null) times.received = t.received_ms;
  if (t.acked_ms !== null) times.acked = t.acked_ms;
  if (t.on_scene_ms !== null) times.on_scene = t.on_scene_ms;
  if (t.replied_ms !== null) times.replied = t.replied_ms;
  return {
    ticket: t.id,
    offer: t.offer,
    number: t.number,
    category: t.category,
    severity: t.severity,
    place: t.place,
    camera_name: t.camera_name,
    reason: t.reason,
    still: known?.still ?? t.snapshot,
    instruction: known?.instruction ?? null,
    checks: known?.checks ?? [],
    sure,
    phase: pending && known ? known.phase : sure,
    clock: t.clock,
    times,
    answers: known?.answers ?? {},
    because: returned,
    refusal: known?.refusal ?? null,
    part: t.part ?? 'owner',
    owner: t.member?.display ?? null,
    supports: (t.supports ?? []).filter((s) => s.done_ms === null).map((s) => s.member.display),
    unverified: !!t.ahead && !t.ahead.confirmed_by,
  };
}

function put(cards: Card[], card: Card): Card[] {
  return [...cards.filter((c) => c.offer !== card.offer), card];
}

function edit(cards: Card[], offer: unknown, change: (card: Card) => Card): Card[] {
  return cards.map((c) => (c.offer === offer ? change(c) : c));
}

function stated(card: Card, e: Envelope): Card {
  const at = Date.parse(e.at);
  // The order stays where it is, and nothing is late until it goes on.
  if (e.body['state'] === 'suspended')
    return { ...card, clock: clockOf('pause', at, e.body['due_ms']) };
  const state = e.body['state'] as Phase;
  const times = { ...card.times };
  if (state === 'accepted') times.acked ??= at;
  if (state === 'on_scene') times.on_scene ??= at;
  if (state === 'handled') times.replied ??= at;
  if (state === 'returned') delete times.replied;
  const because =
    state === 'returned'
      ? String(e.body['reason'] ?? '')
      : state === 'handled'
        ? null
        : card.because;
  const clock = clockOf(e.body['clock'], at, e.body['due_ms']);
  // Names come with the next reading; that somebody comes is known at once.
  const names = e.body['supports'];
  const supports = Array.isArray(names)
    ? names.map((n, i) => card.supports?.[i] ?? String(n))
    : card.part === 'support'
      ? (card.supports ?? [])
      : [];
  return { ...card, supports, sure: state, phase: state, clock, times, because, refusal: null };
}

function refused(card: Card, e: Envelope): Card {
  const type = card.answers[String(e.body['answer'])];
  // A receipt that came too late is of no interest to a person.
  if (!type || type === 'received') return card;
  return { ...card, phase: card.sure, refusal: String(e.body['code'] ?? '') };
}

/** One message of the order topic. */
export function apply(cards: Card[], e: Envelope): Card[] {
  switch (e.type) {
    case 'order': {
      const known = cards.find((c) => c.offer === e.body['offer']);
      return known ? cards : put(cards, fromOrder(e));
    }
    case 'withdraw':
      return edit(cards, e.body['offer'], (c) => ({
        ...c,
        sure: 'withdrawn',
        phase: 'withdrawn',
        clock: null,
        because: String(e.body['reason'] ?? ''),
        refusal: null,
      }));
    case 'state':
      return edit(cards, e.body['offer'], (c) => stated(c, e));
    case 'refused':
      return cards.map((c) => refused(c, e));
    default:
      return cards;
  }
}

const AHEAD: Record<AnswerType, Phase | null> = {
  received: null,
  ack: 'accepted',
  refuse: 'refused',
  on_scene: 'on_scene',
  reply: 'handled',
};

/** An answer was given: the card goes ahead of the centre until the centre has spoken. */
export function answered(cards: Card[], offer: string, type: AnswerType, id: string): Card[] {
  return edit(cards, offer, (c) => ({
    ...c,
    phase: AHEAD[type] ?? c.phase,
    answers: { ...c.answers, [id]: type },
    refusal: type === 'received' ? c.refusal : null,
  }));
}

/** What the daemon lists as open is the truth; cards that it no longer lists are over. */
export function reconcile(
  cards: Card[],
  tickets: (Ticket & { offer: string })[],
  pending: (offer: string) => boolean,
): Card[] {
  const listed = tickets.map((t) =>
    fromTicket(
      t,
      cards.find((c) => c.offer === t.offer),
      pending(t.offer),
    ),
  );
  const told = cards.filter(
    (c) =>
      !tickets.some((t) => t.offer === c.offer) &&
      (c.phase === 'withdrawn' || c.phase === 'closed' || pending(c.offer)),
  );
  return [...listed, ...told];
}

const RANK: Record<Phase, number> = {
  offered: 0,
  returned: 1,
  on_scene: 2,
  accepted: 3,
  withdrawn: 4,
  handled: 5,
  closed: 6,
  refused: 7,
};

export const inOrder = (cards: Card[]): Card[] =>
  [...cards].sort(
    (a, b) =>
      RANK[a.phase] - RANK[b.phase] || (a.clock?.due_ms ?? 9e15) - (b.clock?.due_ms ?? 9e15),
  );
