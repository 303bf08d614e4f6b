// Server-sent events with reconnect. Knows when the daemon was last heard, and by how much this
// machine's clock differs from the daemon's: all ages and clocks on the screens use the daemon's time.
import { api, streamUrl } from './api';
import type { CameraStatus, Ticket } from './wire';

/** The daemon beats once a second; three missed beats are a lost contact. */
export const LOST_AFTER_MS = 3000;

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

const RETRY_MS = 2000;

export function openStream(handlers: StreamHandlers, offset: Offset): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let heardAt = performance.now();

  const beat = (event: MessageEvent<string>) => {
    heardAt = performance.now();
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
    timer = setTimeout(open, RETRY_MS);
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
    if (performance.now() - heardAt > 3 * LOST_AFTER_MS) again();
  }, LOST_AFTER_MS);
  open();
  return () => {
    stopped = true;
    clearInterval(watch);
    clearTimeout(timer);
    source?.close();
  };
}
