// What is stored, what is missing and what is broken, read again and again while the page is open.
import { api } from '../shared/api';
import type { Fault, Footage, Stored } from '../shared/wire';
import { pieces, type Piece } from '../shared/strip';

/** Files are a minute long, so nothing changes faster. */
const EVERY_MS = 30_000;
export const DAY_MS = 86_400_000;

export class Archive {
  stored = $state.raw<Stored[]>([]);
  faults = $state.raw<Fault[]>([]);
  day = $state.raw<Record<string, Piece[]>>({});
  from_ms = $state(0);
  to_ms = $state(0);
  /** Nobody could be asked: what is shown is old. */
  failed = $state(false);

  start(cameras: () => string[], now: () => number): () => void {
    const read = () => void this.read(cameras(), now());
    read();
    const timer = setInterval(read, EVERY_MS);
    return () => clearInterval(timer);
  }

  async read(cameras: string[], now: number): Promise<void> {
    const from_ms = now - DAY_MS;
    try {
      const [stored, faults] = await Promise.all([api.stored(), api.faults()]);
      const each = await Promise.all(cameras.map((id) => api.footage(id, from_ms, now)));
      const cut = (footage: Footage) => pieces(footage, from_ms, now);
      const day = Object.fromEntries(cameras.map((id, i) => [id, cut(each[i]!)]));
      Object.assign(this, { stored, faults, day, from_ms, to_ms: now, failed: false });
    } catch {
      this.failed = true;
    }
  }

  of(camera: string): Stored | undefined {
    return this.stored.find((s) => s.camera === camera);
  }
}
