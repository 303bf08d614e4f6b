// What a screen of the centre knows at any moment: site, tickets, cameras, duty, today's figures and
// how long ago the daemon was heard. One object per page; the stream keeps it true.
import { api } from './api';
import { formats, type Formats } from './time';
import { locale } from './lang.svelte';
import { LOST_AFTER_MS, Offset, Silence, openStream } from './stream';
import { inTurn, withNews } from './turns';
import type {
  Account,
  CameraStatus,
  DutyDesk,
  DutyLine,
  Fault,
  Site,
  Ticket,
  Today,
} from './wire';

const TICK_MS = 200;
// For who may not hear the stream, which beats as often.
const POLL_MS = 1000;
// Figures of the day change with tickets; a minute is soon enough otherwise (guess, revisit).
const TODAY_EVERY_MS = 60_000;
// Lists that could not be read are asked for again (guess, revisit).
const RETRY_MS = 5000;
// A broken disk must not wait for a minute (guess, revisit).
const FAULTS_EVERY_MS = 15_000;

export class Station {
  account = $state.raw<Account | null>(null);
  site = $state.raw<Site | null>(null);
  tickets = $state.raw<Ticket[]>([]);
  recent = $state.raw<Ticket[]>([]);
  cameras = $state.raw<CameraStatus[]>([]);
  duty = $state.raw<DutyLine[]>([]);
  /** Who is signed on, what is asked of me, what waits while nobody is there. */
  desk = $state.raw<DutyDesk | null>(null);
  today = $state.raw<Today | null>(null);
  faults = $state.raw<Fault[]>([]);
  /** The daemon's time, as well as it is known here. */
  now = $state(Date.now());
  /** Since the daemon was last heard, ms. */
  silence = $state(0);
  heardOnce = $state(false);
  /** Set when the first reading failed, with the code. */
  fault = $state<string | null>(null);

  readonly offset = new Offset();
  private readonly quiet = new Silence(performance.now(), TICK_MS);
  private todayTimer: ReturnType<typeof setTimeout> | undefined;
  /** What was told while the lists are read. */
  private news: Map<string, Ticket> | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private readonly readAll = inTurn(() => this.lists());
  private readonly readDuty = inTurn(() => this.people());
  onTicket: ((ticket: Ticket) => void) | null = null;

  lost = $derived(this.silence > LOST_AFTER_MS);
  zone = $derived(this.site?.time_zone ?? 'Asia/Shanghai');
  time: Formats = $derived(formats(locale(), this.zone));
  waiting = $derived(
    this.tickets.filter((t) => t.state === 'new' || t.state === 'verifying').sort(byUrgency),
  );
  working = $derived(
    this.tickets
      .filter((t) => !isOver(t) && t.state !== 'new' && t.state !== 'verifying')
      .sort(byUrgency),
  );

  start(): () => void {
    const tick = setInterval(() => this.tick(), TICK_MS);
    const today = setInterval(() => void this.readToday(), TODAY_EVERY_MS);
    const faults = setInterval(() => void this.readFaults(), FAULTS_EVERY_MS);
    let close: () => void = () => undefined;
    let stopped = false;
    void this.readAll().then(() => {
      if (!stopped) close = this.account?.role === 'admin' ? this.poll() : this.listen();
    });
    return () => {
      stopped = true;
      clearInterval(tick);
      clearInterval(today);
      clearInterval(faults);
      clearTimeout(this.todayTimer);
      clearTimeout(this.again);
      close();
    };
  }

  private listen(): () => void {
    return openStream(
      {
        hello: () => void this.readAll(),
        heard: () => this.heard(),
        ticket: (ticket) => this.put(ticket),
        cameras: (cameras) => (this.cameras = cameras),
        duty: () => void this.readDuty(),
      },
      this.offset,
    );
  }

  /** An administrator sees the equipment and no tickets, which the stream is full of. */
  private poll(): () => void {
    const read = () =>
      api.cameras().then(
        (cameras) => {
          this.cameras = cameras;
          this.heard();
        },
        // Silence is shown as lost contact.
        () => undefined,
      );
    const timer = setInterval(() => void read(), POLL_MS);
    return () => clearInterval(timer);
  }

  private heard(): void {
    this.quiet.heard(performance.now());
    this.heardOnce = true;
    this.show();
  }

  private tick(): void {
    this.quiet.look(performance.now());
    this.show();
  }

  private show(): void {
    this.now = Date.now() + this.offset.ms;
    this.silence = this.quiet.ms;
  }

  private async lists(): Promise<void> {
    const news = new Map<string, Ticket>();
    this.news = news;
    clearTimeout(this.again);
    try {
      const account = await api.me();
      const [site, cameras, faults] = await Promise.all([api.site(), api.cameras(), api.faults()]);
      const [, open, recent, today] =
        account.role === 'admin'
          ? [null, [], [], null]
          : await Promise.all([
              this.readDuty(),
              api.tickets('open'),
              api.tickets('recent'),
              api.today(),
            ]);
      if (!this.heardOnce) this.offset.add(site.now_ms, Date.now());
      const tickets = withNews(open, news, isOver);
      Object.assign(this, { account, site, cameras, tickets, recent, today, faults, fault: null });
    } catch (error) {
      this.fault = error instanceof Error && 'code' in error ? String(error.code) : 'no_contact';
      // The stream may be sound: without it nothing would read them again.
      this.again = setTimeout(() => void this.readAll(), RETRY_MS);
    } finally {
      this.news = null;
    }
  }

  private async people(): Promise<void> {
    // Shown as lost contact already if it fails; the next event reads it again.
    await Promise.all([api.duty(), api.dutyDesk()]).then(
      ([duty, desk]) => Object.assign(this, { duty, desk }),
      () => undefined,
    );
  }

  private async readToday(): Promise<void> {
    if (this.account?.role === 'admin') return;
    await api.today().then(
      (today) => (this.today = today),
      () => undefined,
    );
  }

  private async readFaults(): Promise<void> {
    await api.faults().then(
      (faults) => (this.faults = faults),
      () => undefined,
    );
  }

  put(ticket: Ticket): void {
    if ((this.news?.get(ticket.id)?.version ?? 0) <= ticket.version)
      this.news?.set(ticket.id, ticket);
    const before = this.tickets.find((t) => t.id === ticket.id);
    if (before && before.version > ticket.version) return;
    const others = this.tickets.filter((t) => t.id !== ticket.id);
    const over = isOver(ticket);
    this.tickets = over ? others : [...others, ticket];
    if (over) this.recent = [ticket, ...this.recent.filter((t) => t.id !== ticket.id)].slice(0, 50);
    this.onTicket?.(ticket);
    clearTimeout(this.todayTimer);
    this.todayTimer = setTimeout(() => void this.readToday(), 500);
  }

  cameraName(id: string): string {
    return this.site?.cameras.find((c) => c.id === id)?.name ?? id;
  }

  displayOf(name: string | null): string {
    if (!name) return '';
    return (
      this.duty.find((d) => d.name === name)?.display ??
      this.site?.members.find((m) => m.name === name)?.display ??
      (this.account?.name === name ? this.account.display : name)
    );
  }
}

const isOver = (t: Ticket): boolean => ['dismissed', 'closed', 'archived'].includes(t.state);

/** What is due first comes first; what has no clock comes last, newest first. */
export function byUrgency(a: Ticket, b: Ticket): number {
  const due = (t: Ticket) => t.clock?.due_ms ?? Number.MAX_SAFE_INTEGER;
  return due(a) - due(b) || b.opened_ms - a.opened_ms;
}
