// The daemon's messages of live video, and which picture was seen when. Pure.

/** Ticks a second of the daemon's timeline. */
const TICKS = 90_000;
const HEAD = 1;
const PICTURE = 2;
const KEY = 1;
const SAME = 2;
/** Bytes before a picture's fragment. */
const PICTURE_LEAD = 22;

export interface VideoHead {
  role: 'main' | 'sub';
  codec: string;
  width_px: number;
  height_px: number;
}

export interface Picture {
  key: boolean;
  /** Its bits are those of a key frame just before. */
  same: boolean;
  captured_ms: number;
  /** On the timeline, s. */
  start: number;
  end: number;
}

export type VideoMessage =
  | { kind: 'head'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'picture'; bytes: Uint8Array<ArrayBuffer>; picture: Picture };

export function parseVideo(buffer: ArrayBuffer): VideoMessage | null {
  const view = new DataView(buffer);
  if (buffer.byteLength < 2) return null;
  if (view.getUint8(0) === HEAD) return { kind: 'head', bytes: new Uint8Array(buffer, 1) };
  if (view.getUint8(0) !== PICTURE || buffer.byteLength <= PICTURE_LEAD) return null;
  const flags = view.getUint8(1);
  const start = Number(view.getBigUint64(10)) / TICKS;
  return {
    kind: 'picture',
    bytes: new Uint8Array(buffer, PICTURE_LEAD),
    picture: {
      key: (flags & KEY) !== 0,
      same: (flags & SAME) !== 0,
      captured_ms: Number(view.getBigInt64(2)),
      start,
      end: start + view.getUint32(18) / TICKS,
    },
  };
}

/** Pictures that are remembered: a minute at 60 a second. */
const REMEMBERED = 3600;
/** A browser rounds a picture's time to microseconds. */
const ROUNDING_S = 0.0005;

/** Which picture stands at a place of the timeline. */
export class Pictures {
  private list: Picture[] = [];

  add(picture: Picture): void {
    this.list.push(picture);
    if (this.list.length > REMEMBERED) this.list.splice(0, REMEMBERED / 4);
  }

  /** The picture that is shown at this time; the newest one that has begun. */
  at(time: number): Picture | null {
    let found: Picture | null = null;
    // Reordered pictures lie a few places from their time, so the search does not stop at the first.
    for (let i = this.list.length - 1, after = 0; i >= 0 && after < 16; i -= 1) {
      const one = this.list[i]!;
      if (one.start > time + ROUNDING_S) continue;
      after += 1;
      if (!found || one.start > found.start) found = one;
    }
    return found;
  }

  keys(): number[] {
    return this.list.filter((p) => p.key).map((p) => p.start);
  }

  clear(): void {
    this.list = [];
  }
}
