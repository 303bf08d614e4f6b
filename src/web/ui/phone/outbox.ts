// Answers wait here until the broker has acknowledged them, and are remembered until the centre is
// seen to know them: a broker may lose what it acknowledged. Kept over a restart of the phone, sent
// in order, one at a time. The id is the idempotence key: sending one twice does no harm.

export interface PendingPhoto {
  sha256: string;
  taken_ms: number;
  id: string | null;
}
export interface OutItem {
  id: string;
  seq: number;
  at_ms: number;
  type: AnswerType;
  /** None for a drill. */
  ticket: string | null;
  body: { offer: string; [key: string]: unknown };
  /** Photos of a reply: each must be uploaded before the reply goes out. */
  photos: PendingPhoto[];
}
export type AnswerType = 'received' | 'ack' | 'refuse' | 'on_scene' | 'reply';
export type Keep = Pick<Storage, 'getItem' | 'setItem'>;

interface Stored {
  next_seq: number;
  items: OutItem[];
  /** The broker has them; the centre may not. */
  sent?: OutItem[];
}

const STEPS: Record<AnswerType, number> = { received: 0, ack: 1, refuse: 1, on_scene: 2, reply: 3 };
const STATES: Record<string, number> = {
  offered: -1,
  accepted: 1,
  on_scene: 2,
  handled: 3,
  closed: 4,
};

export class Outbox {
  private stored: Stored;

  constructor(
    private readonly keep: Keep,
    private readonly key: string,
  ) {
    this.stored = this.read();
  }

  get items(): readonly OutItem[] {
    return this.stored.items;
  }

  /** The same answer to the same order waits once, however often the button was tapped. */
  add(item: Omit<OutItem, 'seq'>): OutItem {
    const same = this.stored.items.find(
      (i) => i.type === item.type && i.body.offer === item.body.offer,
    );
    if (same) return same;
    const added = { ...item, seq: this.stored.next_seq };
    this.stored = { next_seq: added.seq + 1, items: [...this.stored.items, added] };
    this.write();
    return added;
  }

  replace(item: OutItem): void {
    this.stored = {
      ...this.stored,
      items: this.stored.items.map((i) => (i.id === item.id ? item : i)),
    };
    this.write();
  }

  /** The broker has it. */
  sent(id: string): void {
    const item = this.stored.items.find((i) => i.id === id);
    const sent = [...(this.stored.sent ?? []), ...(item ? [item] : [])];
    this.stored = { ...this.stored, sent };
    this.remove(id);
  }

  /** The centre says how an order stands: what that implies is known there. */
  settle(offer: string, state: string, received: boolean): void {
    const known = Math.max(STATES[state] ?? 4, received ? 0 : -1);
    this.forget((i) => i.body.offer === offer && STEPS[i.type] <= known);
  }

  /** Whatever these are, the centre knows them or does not want them. */
  forget(which: (item: OutItem) => boolean): void {
    const sent = this.stored.sent ?? [];
    if (!sent.some(which)) return;
    this.stored = { ...this.stored, sent: sent.filter((i) => !which(i)) };
    this.write();
  }

  /** What the broker had of an order and the centre does not know goes again; whether there is any. */
  again(offer: string): boolean {
    const lost = (this.stored.sent ?? []).filter((i) => i.body.offer === offer);
    if (lost.length === 0) return false;
    const items = [...this.stored.items, ...lost].sort((a, b) => a.seq - b.seq);
    this.stored = { ...this.stored, items };
    this.forget((i) => i.body.offer === offer);
    return true;
  }

  remove(id: string): void {
    this.stored = { ...this.stored, items: this.stored.items.filter((i) => i.id !== id) };
    this.write();
  }

  private read(): Stored {
    try {
      const stored = JSON.parse(this.keep.getItem(this.key) ?? 'null') as Stored | null;
      if (stored && Array.isArray(stored.items) && Number.isInteger(stored.next_seq)) return stored;
    } catch {
      // What cannot be read cannot be sent; the daemon's own record still shows the order open.
    }
    return { next_seq: 1, items: [] };
  }

  private write(): void {
    this.keep.setItem(this.key, JSON.stringify(this.stored));
  }
}

export interface Envelope {
  v: 1;
  /** What this browser calls itself: each counts its answers alone. */
  device?: string;
  id: string;
  seq: number;
  at: string;
  type: string;
  ticket: string | null;
  body: Record<string, unknown>;
}

export function envelope(item: OutItem, device?: string): Envelope {
  const photos = item.photos.map(({ id, sha256, taken_ms }) => ({ id, sha256, taken_ms }));
  const body = item.type === 'reply' ? { ...item.body, photos } : item.body;
  const at = new Date(item.at_ms).toISOString();
  const said: Envelope = { v: 1, id: item.id, seq: item.seq, at, type: item.type, ticket: item.ticket, body };
  return device ? { ...said, device } : said;
}

/** What carries an answer away. `publish` resolves when the broker has acknowledged it. */
export interface Carrier {
  ready(): boolean;
  upload(item: OutItem, photo: PendingPhoto): Promise<string>;
  publish(item: OutItem): Promise<void>;
  /** An error that no other try can mend: the answer is set aside and the person is told. */
  hopeless(error: unknown): boolean;
  setAside(item: OutItem, error: unknown): void;
  changed(): void;
}

export class Courier {
  private running = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly carrier: Carrier,
  ) {}

  /** Sends what waits, oldest first, until the outbox is empty or the connection goes. */
  async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (
        let item = this.outbox.items[0];
        item && this.carrier.ready();
        item = this.outbox.items[0]
      ) {
        if (!(await this.carry(item))) break;
        this.carrier.changed();
      }
    } finally {
      this.running = false;
    }
  }

  private async carry(item: OutItem): Promise<boolean> {
    try {
      await this.carrier.publish(await this.withPhotos(item));
      this.outbox.sent(item.id);
      return true;
    } catch (error) {
      if (!this.carrier.hopeless(error)) return false;
      this.outbox.remove(item.id);
      this.carrier.setAside(item, error);
      return true;
    }
  }

  private async withPhotos(item: OutItem): Promise<OutItem> {
    let whole = item;
    for (const photo of item.photos) {
      if (photo.id !== null) continue;
      const id = await this.carrier.upload(item, photo);
      const photos = whole.photos.map((p) => (p.sha256 === photo.sha256 ? { ...p, id } : p));
      whole = { ...whole, photos };
      this.outbox.replace(whole);
    }
    return whole;
  }
}

/** Ids of messages already taken; the broker may deliver one twice. */
export class Seen {
  private ids: string[];
  // More than a member gets in a shift (guess, revisit).
  private static readonly MOST = 400;

  constructor(
    private readonly keep: Keep,
    private readonly key: string,
  ) {
    try {
      const ids = JSON.parse(keep.getItem(key) ?? '[]') as unknown;
      this.ids = Array.isArray(ids) ? ids.filter((i): i is string => typeof i === 'string') : [];
    } catch {
      this.ids = [];
    }
  }

  /** True the first time. */
  first(id: string): boolean {
    if (this.ids.includes(id)) return false;
    this.ids = [...this.ids, id].slice(-Seen.MOST);
    this.keep.setItem(this.key, JSON.stringify(this.ids));
    return true;
  }
}
