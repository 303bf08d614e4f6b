// What the wall does by itself: it tells the daemon that it is shown, and rings for S1 and S2.
import { allowBell, bellAllowed, ring } from '../shared/bell';
import { api } from '../shared/api';
import type { Station } from '../shared/station.svelte';
import { newId } from '../shared/uuid7';
import type { Severity, Ticket } from '../shared/wire';

/** Three of these that are missing count as dark, for the daemon. */
const BEAT_MS = 10_000;
const LISTEN_MS = 250;
const LOUD: Severity[] = ['S1', 'S2'];
const STORED = 'gengfu.screen';
/** Tickets that have rung and are remembered: more than ever wait at once. */
const RUNG_MAX = 500;

export class Pulse {
  /** Whether the browser lets this page sound: it wants a touch first. */
  audible = $state(false);
  private silence = 0;
  private rung: string[] = [];

  constructor(private readonly station: Station) {}

  start(): () => void {
    // A kiosk that was started for it may sound at once.
    allowBell();
    this.station.onTicket = (ticket) => this.heard(ticket);
    const listen = setInterval(() => {
      this.silence = Math.max(this.silence, this.station.silence);
      this.audible = bellAllowed();
    }, LISTEN_MS);
    const beat = setInterval(() => void this.beat(), BEAT_MS);
    void this.beat();
    return () => {
      clearInterval(listen);
      clearInterval(beat);
    };
  }

  allow(): void {
    allowBell();
    ring(false);
  }

  private async beat(): Promise<void> {
    const silence = this.silence;
    this.silence = 0;
    await api.screenBeat(screenId(), silence).catch(() => {
      // The daemon sees the gap; how long it was silent is told with the next one that arrives.
      this.silence = Math.max(this.silence, silence);
    });
  }

  private heard(ticket: Ticket): void {
    if (ticket.state !== 'new' || !LOUD.includes(ticket.severity)) return;
    if (this.rung.includes(ticket.id)) return;
    this.rung = [...this.rung.slice(1 - RUNG_MAX), ticket.id];
    ring(false);
  }
}

function screenId(): string {
  const known = localStorage.getItem(STORED);
  if (known) return known;
  const made = newId();
  localStorage.setItem(STORED, made);
  return made;
}
