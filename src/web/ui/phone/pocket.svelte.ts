// Everything the phone knows: the person, the orders, the outbox, the connection. Kept in the browser,
// so that it is all there again after a restart without a signal.
import { api, ApiError, asApiError } from '../shared/api';
import { newId } from '../shared/uuid7';
import type { Account, PhoneLink, Policy, Site } from '../shared/wire';
import { ring } from '../shared/bell';
import { answered, apply, inOrder, reconcile, type Card } from './cards';
import { Link, suffix } from './link';
import {
  Courier,
  envelope,
  Outbox,
  Seen,
  type AnswerType,
  type Envelope,
  type OutItem,
  type PendingPhoto,
} from './outbox';
import { dropPhoto, loadPhoto } from './photos';

export interface Drill {
  offer: string;
  text: string;
  until_ms: number;
}
export interface Draft {
  disposition: string;
  text: string;
  checks?: Record<string, string>;
  photos: { sha256: string; taken_ms: number }[];
}
const EMPTY: Draft = { disposition: '', text: '', photos: [] };
const RECONCILE_MS = 60_000;
const ME = 'gengfu.phone.me';
const SITE = 'gengfu.phone.site';

function stored<T>(key: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}
const keep = (key: string, value: unknown) => localStorage.setItem(key, JSON.stringify(value));

export class Pocket {
  account = $state.raw<Account | null>(stored<Account>(ME));
  site = $state.raw<Site | null>(stored<Site>(SITE));
  cards = $state.raw<Card[]>([]);
  queue = $state.raw<readonly OutItem[]>([]);
  online = $state(false);
  since = $state(Date.now());
  now = $state(Date.now());
  trouble = $state<string | null>(null);
  /** A drill that waits for the person. */
  drill = $state.raw<Drill | null>(null);
  /** The newest order that nobody has looked at. */
  fresh = $state<string | null>(null);
  policy: Policy | null = $derived(this.site?.policy ?? null);

  private rung: string | null = null;
  private outbox: Outbox | null = null;
  private courier: Courier | null = null;
  private seen: Seen | null = null;
  private offset = 0;
  private readonly link = new Link({
    up: (link) => this.up(link),
    down: () => this.setOnline(false),
    message: (text) => this.take(text),
  });

  start(): () => void {
    if (this.account) this.openPocket(this.account.name);
    const tick = setInterval(() => (this.now = Date.now() + this.offset), 250);
    const regular = setInterval(() => void this.reconcile(), RECONCILE_MS);
    const hurry = () => {
      if (document.visibilityState !== 'visible') return;
      this.link.hurry();
      void this.reconcile();
    };
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', hurry);
    void this.begin();
    return () => {
      clearInterval(tick);
      clearInterval(regular);
      window.removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
      this.link.stop();
    };
  }

  private async begin(): Promise<void> {
    try {
      const account = await api.me();
      this.account = account;
      keep(ME, account);
      this.openPocket(account.name);
      await this.readSite();
      await this.reconcile();
    } catch {
      // Without a signal the stored state is shown; the link goes on trying.
    }
    void this.link.open();
  }

  private async readSite(): Promise<void> {
    const site = await api.site();
    this.site = site;
    keep(SITE, site);
    this.offset = site.now_ms - Date.now();
  }

  private openPocket(member: string): void {
    if (this.outbox) return;
    const key = (name: string) => `gengfu.phone.${member}.${name}`;
    this.outbox = new Outbox(localStorage, key('outbox'));
    this.seen = new Seen(localStorage, key('seen'));
    // Cards of an older page know no instruction.
    const cards = stored<Card[]>(key('cards')) ?? [];
    this.cards = cards.map((c) => ({ ...c, instruction: c.instruction ?? null, checks: c.checks ?? [] }));
    this.queue = this.outbox.items;
    this.courier = new Courier(this.outbox, {
      ready: () => this.link.up,
      upload: (item, photo) => this.upload(item, photo),
      publish: (item) => this.link.publish(JSON.stringify(envelope(item, suffix()))),
      hopeless: (error) => error instanceof ApiError && !error.transient && error.status !== 401,
      setAside: (item, error) => this.setAside(item, asApiError(error).code),
      changed: () => (this.queue = this.outbox?.items ?? []),
    });
  }

  private setCards(cards: Card[]): void {
    this.cards = inOrder(cards);
    if (this.account) keep(`gengfu.phone.${this.account.name}.cards`, this.cards);
  }

  private setOnline(online: boolean): void {
    if (this.online !== online) this.since = Date.now();
    this.online = online;
  }

  private up(_link: PhoneLink): void {
    this.setOnline(true);
    if (!this.site) void this.readSite().catch(() => undefined);
    void this.reconcile();
    void this.send();
  }

  private async send(): Promise<void> {
    await this.courier?.run();
    this.queue = this.outbox?.items ?? [];
    // An attempt that failed while the connection stayed up is repeated.
    if (this.queue.length > 0 && this.online) setTimeout(() => void this.send(), 3000);
  }

  private async upload(item: OutItem, photo: PendingPhoto): Promise<string> {
    const jpeg = await loadPhoto(photo.sha256);
    if (!jpeg) throw new ApiError(422, 'reply_needs_photo', 'the photo is gone', null);
    return (await api.photo(item.ticket ?? '', photo.sha256, photo.taken_ms, jpeg)).id;
  }

  private setAside(item: OutItem, code: string): void {
    this.setCards(
      this.cards.map((c) =>
        c.offer === item.body.offer ? { ...c, phase: c.sure, refusal: code } : c,
      ),
    );
  }

  private take(text: string): void {
    let e: Envelope;
    try {
      e = JSON.parse(text) as Envelope;
    } catch {
      return; // Not ours to understand: the reconciliation shows the truth.
    }
    if (!this.seen?.first(e.id)) {
      // An order that is sent again: the centre may have lost the answer. What it lists is the truth.
      if (e.type === 'order') void this.reconcile();
      return;
    }
    if (e.type === 'drill') this.drilled(e);
    this.known(e);
    const isNew = e.type === 'order' && !this.cards.some((c) => c.offer === e.body['offer']);
    this.setCards(apply(this.cards, e));
    if (isNew) this.announce(String(e.body['offer']), e.body['bundle']);
    if (e.type === 'reminder') ring();
    if (e.type === 'order') this.answer(String(e.body['offer']), 'received', {});
    // Accounts become names, and the owner learns who comes.
    if (e.type === 'state' && e.body['supports']) void this.reconcile();
    if (e.type === 'state') this.tidy(String(e.body['offer']), String(e.body['state']));
  }

  /** What a message of the centre implies about the answers that it knows. */
  private known(e: Envelope): void {
    const offer = String(e.body['offer'] ?? '');
    if (e.type === 'state') this.outbox?.settle(offer, String(e.body['state']), true);
    if (e.type === 'withdraw') this.outbox?.forget((i) => i.body.offer === offer);
    if (e.type === 'refused') this.outbox?.forget((i) => i.id === e.body['answer']);
  }

  /** The phone says at once that the drill is here; the person says it by a tap. */
  private drilled(e: Envelope): void {
    const { offer, text, until_ms } = e.body as unknown as Drill;
    if (until_ms < this.now) return;
    this.drill = { offer, text, until_ms };
    this.say(offer, 'received');
    ring();
  }

  seenDrill(): void {
    if (this.drill) this.say(this.drill.offer, 'ack');
    this.drill = null;
  }

  /** An answer that belongs to no card. */
  private say(offer: string, type: AnswerType): void {
    const at_ms = Math.round(Date.now() + this.offset);
    this.outbox?.add({ id: newId(), at_ms, type, ticket: null, body: { offer }, photos: [] });
    this.queue = this.outbox?.items ?? [];
    void this.send();
  }

  /** Orders of one bundle ring once; each is listed. */
  private announce(offer: string, bundle?: unknown): void {
    this.fresh = offer;
    const id = (bundle as { id?: string } | undefined)?.id ?? null;
    if (id !== null && id === this.rung) return;
    this.rung = id;
    ring();
  }

  /** The centre has the reply: its draft and photos are no longer needed. */
  private tidy(offer: string, state: string): void {
    if (state !== 'closed') return;
    for (const photo of this.draft(offer).photos)
      void dropPhoto(photo.sha256).catch(() => undefined);
    localStorage.removeItem(this.draftKey(offer));
  }

  answer(
    offer: string,
    type: AnswerType,
    body: Record<string, unknown>,
    photos: PendingPhoto[] = [],
  ): void {
    const card = this.cards.find((c) => c.offer === offer);
    if (!card || !this.outbox) return;
    const at_ms = Math.round(Date.now() + this.offset);
    const item = this.outbox.add({
      id: newId(),
      at_ms,
      type,
      ticket: card.ticket,
      body: { offer, ...body },
      photos,
    });
    this.setCards(answered(this.cards, offer, type, item.id));
    this.queue = this.outbox.items;
    void this.send();
  }

  async reconcile(): Promise<void> {
    if (!this.outbox) return;
    try {
      const tickets = await api.phoneTickets();
      const news = tickets.filter(
        (t) => t.state === 'offered' && !this.cards.some((c) => c.offer === t.offer),
      );
      const lost = tickets.filter((t) => {
        this.outbox?.settle(t.offer, t.state, t.received_ms !== null);
        return this.outbox?.again(t.offer);
      });
      this.outbox.forget((i) => !tickets.some((t) => t.offer === i.body.offer));
      if (lost.length > 0) {
        this.queue = this.outbox.items;
        void this.send();
      }
      this.setCards(
        reconcile(
          this.cards,
          tickets,
          (offer) => this.outbox?.items.some((i) => i.body.offer === offer) ?? false,
        ),
      );
      for (const t of tickets) {
        if (t.state === 'offered' && t.received_ms === null) this.answer(t.offer, 'received', {});
      }
      if (news[0]) this.announce(news[0].offer);
      this.trouble = null;
    } catch (error) {
      this.trouble = asApiError(error).code;
    }
  }

  dismiss(offer: string): void {
    this.tidy(offer, 'closed');
    this.setCards(this.cards.filter((c) => c.offer !== offer));
  }
  forgive(offer: string): void {
    this.setCards(this.cards.map((c) => (c.offer === offer ? { ...c, refusal: null } : c)));
  }
  waiting(offer: string): boolean {
    return this.queue.some((i) => i.body.offer === offer && i.type !== 'received');
  }

  private draftKey(offer: string): string {
    return `gengfu.phone.draft.${offer}`;
  }
  draft(offer: string): Draft {
    return stored<Draft>(this.draftKey(offer)) ?? EMPTY;
  }
  saveDraft(offer: string, draft: Draft): void {
    keep(this.draftKey(offer), draft);
  }

  /** Leaving the phone to somebody else: what belongs to this person goes, unsent answers stay theirs. */
  forget(): void {
    this.link.stop();
    localStorage.removeItem(ME);
    localStorage.removeItem(SITE);
  }
}
