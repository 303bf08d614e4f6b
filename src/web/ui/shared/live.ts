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

/** `same`: its bytes are those of the picture before. */
export type Draw = (picture: ImageBitmap, captured_ms: number, same: boolean) => void;

// Reconnect quickly at first, then every 10 s: a wall has nothing better to do (guess, revisit).
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
// Tiles come and go together; one new connection for all of them (guess, revisit).
const GATHER_MS = 100;

/** Stills of those cameras that somebody draws; none are asked for otherwise. */
export class LiveFeed {
  private socket: WebSocket | null = null;
  private asked = '';
  private wait = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly drawers = new Map<string, Set<Draw>>();
  private readonly waiting = new Map<string, LiveFrame>();
  private readonly decoding = new Set<string>();
  private readonly drawn = new Map<string, LiveFrame>();

  constructor(private readonly width: number) {}

  on(camera: string, draw: Draw): () => void {
    const set = this.drawers.get(camera) ?? new Set();
    this.drawers.set(camera, set.add(draw));
    this.soon(GATHER_MS);
    return () => {
      set.delete(draw);
      if (set.size === 0) this.drawers.delete(camera);
      this.soon(GATHER_MS);
    };
  }

  stop(): void {
    this.drawers.clear();
    clearTimeout(this.timer);
    this.close();
  }

  private soon(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), wait);
  }

  private close(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** Asks for what is drawn now. */
  private open(): void {
    const cameras = [...this.drawers.keys()].sort();
    if (this.socket && this.asked === cameras.join()) return;
    this.close();
    this.asked = cameras.join();
    if (cameras.length === 0) return;
    this.drawn.clear();
    const socket = new WebSocket(liveUrl(cameras, this.width));
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => {
      if (typeof event.data === 'string') return;
      this.wait = FIRST_WAIT_MS;
      const frame = parseFrame(event.data);
      if (frame) this.take(frame);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.soon(this.wait);
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
      const before = this.drawn.get(camera);
      if (before && frame.captured_ms < before.captured_ms) continue;
      try {
        const picture = await createImageBitmap(new Blob([frame.jpeg], { type: 'image/jpeg' }));
        const same = before !== undefined && sameBytes(before.jpeg, frame.jpeg);
        this.drawn.set(camera, frame);
        const { captured_ms } = frame;
        this.drawers.get(camera)?.forEach((draw) => draw(picture, captured_ms, same));
        picture.close();
      } catch {
        // A broken picture is left out: the tile's age grows and says so.
      }
    }
    this.decoding.delete(camera);
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
