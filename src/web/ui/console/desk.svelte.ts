// The ticket on the desk: which one, what is known of it, what was refused. Acts carry the version
// that the person saw; whoever comes second is told who was first and sees the new state.
import { api, asApiError } from '../shared/api';
import { refusalWords } from '../shared/refusal';
import type { Station } from '../shared/station.svelte';
import type { Act, Severity, Ticket, TicketDetail } from '../shared/wire';
import { sameToPerson } from './choice';

export class Desk {
  selected = $state<string | null>(new URLSearchParams(location.search).get('ticket'));
  detail = $state.raw<TicketDetail | null>(null);
  notice = $state('');
  busy = $state(false);
  private reading = 0;
  /** Something changed while an act was on its way. */
  private stale = false;

  constructor(private readonly station: Station) {}

  select(id: string): void {
    if (this.selected === id && this.detail?.ticket.id === id) return;
    this.selected = id;
    this.notice = '';
    const url = new URL(location.href);
    url.searchParams.set('ticket', id);
    history.replaceState(null, '', url);
    void this.read();
  }

  async read(): Promise<void> {
    const id = this.selected;
    if (!id) return;
    const turn = ++this.reading;
    try {
      const detail = await api.ticket(id);
      if (turn === this.reading && this.selected === id) this.detail = detail;
    } catch (error) {
      if (turn === this.reading) this.notice = refusalWords(asApiError(error));
    }
  }

  /** A ticket changed somewhere: read it again if it is the one on the desk. */
  changed(ticket: Ticket): void {
    if (ticket.id !== this.selected) return;
    if (this.busy) this.stale = true;
    else void this.read();
  }

  /** Does the acts in order, each on the version that the one before left. True when all went through. */
  async act(...acts: Act[]): Promise<boolean> {
    if (this.busy || !this.detail) return false;
    this.busy = true;
    this.notice = '';
    const turn = ++this.reading;
    let detail = this.detail;
    try {
      for (const act of acts) {
        detail = await this.one(detail, act);
        this.station.put(detail.ticket);
        if (turn === this.reading) this.detail = detail;
      }
      return true;
    } catch (error) {
      const refused = asApiError(error);
      if (turn === this.reading) await this.read();
      this.notice = refusalWords(refused, this.station);
      return false;
    } finally {
      this.busy = false;
      if (this.stale) void this.read();
      this.stale = false;
    }
  }

  /** A version that moved on only because the clip came or the alarm fired again is no conflict. */
  private async one(seen: TicketDetail, act: Act): Promise<TicketDetail> {
    try {
      return await api.act(seen.ticket.id, seen.ticket.version, act);
    } catch (error) {
      if (asApiError(error).code !== 'conflict') throw error;
      const now = await api.ticket(seen.ticket.id);
      if (now.ticket.version === seen.ticket.version || !sameToPerson(seen.ticket, now.ticket))
        throw error;
      return api.act(now.ticket.id, now.ticket.version, act);
    }
  }

  /** Takes a member out of dispatch, or back. */
  async suspend(name: string, reason: string): Promise<void> {
    await this.member(() => api.suspend(name, reason));
  }
  async restore(name: string): Promise<void> {
    await this.member(() => api.restore(name));
  }
  private async member(ask: () => Promise<unknown>): Promise<void> {
    this.notice = '';
    try {
      await ask();
    } catch (error) {
      this.notice = refusalWords(asApiError(error));
    }
    await this.read();
  }

  async observe(o: {
    camera: string;
    category: string;
    severity: Severity;
    text: string;
  }): Promise<string | null> {
    try {
      const detail = await api.observe(o);
      this.station.put(detail.ticket);
      this.detail = detail;
      this.select(detail.ticket.id);
      return null;
    } catch (error) {
      return refusalWords(asApiError(error));
    }
  }
}
