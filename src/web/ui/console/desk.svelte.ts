// The ticket on the desk: which one, what is known of it, what was refused. Acts carry the version
// that the person saw; whoever comes second is told who was first and sees the new state.
import { api, asApiError } from '../shared/api';
import { refusalWords } from '../shared/refusal';
import type { Station } from '../shared/station.svelte';
import type { Act, Severity, Ticket, TicketDetail } from '../shared/wire';

export class Desk {
  selected = $state<string | null>(new URLSearchParams(location.search).get('ticket'));
  detail = $state.raw<TicketDetail | null>(null);
  notice = $state('');
  busy = $state(false);
  private reading = 0;

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
    if (ticket.id === this.selected && !this.busy) void this.read();
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
        detail = await api.act(detail.ticket.id, detail.ticket.version, act);
        this.station.put(detail.ticket);
        if (turn === this.reading) this.detail = detail;
      }
      return true;
    } catch (error) {
      const refused = asApiError(error);
      if (turn === this.reading) await this.read();
      this.notice = refusalWords(refused);
      return false;
    } finally {
      this.busy = false;
    }
  }

  async observe(o: { camera: string; category: string; severity: Severity; text: string }): Promise<string | null> {
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

/** The acts that a wish needs: what nobody has claimed yet is claimed on the way. */
export function withClaim(allowed: string[], act: Act): Act[] {
  return !allowed.includes(act.type) && allowed.includes('claim') ? [{ type: 'claim' }, act] : [act];
}

const LIKELY: Record<string, string[]> = {
  person: ['intrusion', 'suspicious_situation', 'fight', 'person_down', 'theft_in_progress', 'help_request'],
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
