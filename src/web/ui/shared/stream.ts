// Server-sent events with reconnect. Knows when the daemon was last heard, and by how much this
// machine's clock differs from the daemon's: all ages and clocks on the screens use the daemon's time.
import { api, streamUrl } from './api';
import type { CameraStatus, Ticket } from './wire';

/** The daemon beats once a second: two beats that are missing, and room for one that is late. With
 * the time between two looks it is shown within 2.5 s. */
export const LOST_AFTER_MS = 2200;

/** How long the daemon has said nothing, as far as a page may judge it: one that was busy or asleep
 * has not read yet what came meanwhile, and judges at its next look. */
export class Silence {
  private heardAt: number;
  private lookedAt: number;
  private excused = false;
  ms = 0;

  constructor(at: number, private readonly every_ms: number) {
    this.heardAt = this.lookedAt = at;
  }

  heard(at: number): void {
    this.heardAt = at;
    this.look(at);
  }

  look(at: number): void {
    const asleep = at - this.lookedAt > 3 * this.every_ms && at !== this.heardAt;
    this.lookedAt = at;
    this.excused = asleep && !this.excused;
    if (!this.excused) this.ms = at - this.heardAt;
  }
}

export interface StreamHandlers {
  /** After every (re)connect: read everything again, events may have been missed. */
  hello(): void;
  heard(): void;
  ticket(ticket: Ticket): void;
  cameras(cameras: CameraStatus[]): void;
  duty(): void;
}

/** The least delayed beat of the last minute tells the difference of the clocks best. */
export class Offset {
  private samples: { at: number; offset: number }[] = [];

  add(daemon_ms: number, local_ms: number): void {
    this.samples = this.samples.filter((s) => local_ms - s.at < 60_000);
    this.samples.push({ at: local_ms, offset: daemon_ms - local_ms });
  }

  get ms(): number {
    return this.samples.reduce((most, s) => Math.max(most, s.offset), this.samples[0]?.offset ?? 0);
  }
}

/** A stream that only ended is opened again before it counts as lost; one that cannot be opened is
 * not asked for all the time. */
const RETRY_MS = [200, 2000] as const;
/** A connection that says nothing for so long is opened anew. */
const REOPEN_AFTER_MS = 9000;

export function openStream(handlers: StreamHandlers, offset: Offset): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let heardAt = performance.now();
  let failed = 0;

  const beat = (event: MessageEvent<string>) => {
    heardAt = performance.now();
    failed = 0;
    const { now_ms } = JSON.parse(event.data) as { now_ms: number };
    offset.add(now_ms, Date.now());
    handlers.heard();
  };
  const again = () => {
    source?.close();
    clearTimeout(timer);
    if (stopped) return;
    // A stream that is refused because the session is over must lead to the sign-in page.
    api.me().catch(() => undefined);
    timer = setTimeout(open, RETRY_MS[failed === 0 ? 0 : 1]);
    failed += 1;
  };
  function open(): void {
    heardAt = performance.now();
    source = new EventSource(streamUrl);
    source.addEventListener('hello', (event) => {
      beat(event as MessageEvent<string>);
      handlers.hello();
    });
    source.addEventListener('beat', (event) => beat(event as MessageEvent<string>));
    source.addEventListener('ticket', (event) =>
      handlers.ticket(JSON.parse((event as MessageEvent<string>).data) as Ticket),
    );
    source.addEventListener('cameras', (event) =>
      handlers.cameras(JSON.parse((event as MessageEvent<string>).data) as CameraStatus[]),
    );
    source.addEventListener('duty', () => handlers.duty());
    source.onerror = again;
  }
  // A connection that is open but silent (a pulled cable) gives no error: open it anew.
  const watch = setInterval(() => {
    if (performance.now() - heardAt > REOPEN_AFTER_MS) again();
  }, REOPEN_AFTER_MS / 3);
  open();
  return () => {
    stopped = true;
    clearInterval(watch);
    clearTimeout(timer);
    source?.close();
  };
}
