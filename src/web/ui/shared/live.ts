// Live tiles: one WebSocket, JPEG pictures, newest only. Each picture carries the time at which the
// daemon saw it, so that every tile can say how old it is. Never draws an older picture over a newer.
import { liveUrl } from './api';

export interface LiveFrame {
  camera: string;
  captured_ms: number;
  jpeg: Uint8Array<ArrayBuffer>;
}

/** byte 0 = 1, byte 1 = n, n bytes camera id, 8 bytes big-endian milliseconds, the rest JPEG. */
export function parseFrame(buffer: ArrayBuffer): LiveFrame | null {
  const view = new DataView(buffer);
  if (buffer.byteLength < 2 || view.getUint8(0) !== 1) return null;
  const n = view.getUint8(1);
  if (buffer.byteLength <= 10 + n) return null;
  return {
    camera: new TextDecoder().decode(new Uint8Array(buffer, 2, n)),
    captured_ms: Number(view.getBigInt64(2 + n)),
    jpeg: new Uint8Array(buffer, 10 + n),
  };
}

export type Draw = (picture: ImageBitmap, captured_ms: number) => void;

// Reconnect quickly at first, then every 10 s: a wall has nothing better to do (guess, revisit).
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export class LiveFeed {
  private socket: WebSocket | null = null;
  private wait = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly drawers = new Map<string, Set<Draw>>();
  private readonly waiting = new Map<string, LiveFrame>();
  private readonly decoding = new Set<string>();
  private readonly drawn = new Map<string, number>();
  private stopped = false;

  constructor(
    private readonly cameras: string[],
    private readonly width: number,
  ) {
    this.open();
  }

  on(camera: string, draw: Draw): () => void {
    const set = this.drawers.get(camera) ?? new Set();
    this.drawers.set(camera, set.add(draw));
    return () => set.delete(draw);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private open(): void {
    const socket = new WebSocket(liveUrl(this.cameras, this.width));
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => {
      if (typeof event.data === 'string') return;
      this.wait = FIRST_WAIT_MS;
      const frame = parseFrame(event.data);
      if (frame) this.take(frame);
    };
    socket.onclose = () => {
      if (this.stopped) return;
      this.timer = setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
    };
    this.socket = socket;
  }

  private take(frame: LiveFrame): void {
    this.waiting.set(frame.camera, frame);
    if (!this.decoding.has(frame.camera)) void this.decode(frame.camera);
  }

  private async decode(camera: string): Promise<void> {
    this.decoding.add(camera);
    for (let frame = this.waiting.get(camera); frame; frame = this.waiting.get(camera)) {
      this.waiting.delete(camera);
      if (frame.captured_ms < (this.drawn.get(camera) ?? 0)) continue;
      try {
        const picture = await createImageBitmap(new Blob([frame.jpeg], { type: 'image/jpeg' }));
        this.drawn.set(camera, frame.captured_ms);
        this.drawers.get(camera)?.forEach((draw) => draw(picture, frame.captured_ms));
        picture.close();
      } catch {
        // A broken picture is left out: the tile's age grows and says so.
      }
    }
    this.decoding.delete(camera);
  }
}
