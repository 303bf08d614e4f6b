// How far behind the newest picture a live video plays, and what of it is kept. Pure.

/** A stretch of the timeline, s. */
export type Range = readonly [number, number];

export interface Reserve {
  /** Where it plays, s. */
  at: number;
  /** What lies ready, in order. */
  ranges: Range[];
  /** Where decoding can begin, in order. */
  keys: number[];
  /** How far behind the end it should play, s. */
  target: number;
}

export interface Advice {
  seek: number | null;
  rate: number;
  /** Everything before this may go. */
  trim: number | null;
}

/** Further behind than this it jumps (a person notices a second). */
const JUMP_S = 1.5;
/** Room around the target before the pace changes: half a dozen pictures' worth of jitter. */
const ROOM_S = 0.12;
/** Nobody sees a video without sound play a quarter faster (tried by eye). */
const RATE_MOST = 1.25;
const RATE_LEAST = 0.95;
/** Seconds behind that are kept, and seconds after which they are cut down to it. */
const KEEP_S = 5;
const CUT_S = 15;

/** A trim ends at a key frame before the place of play: a browser that removes a stretch also
 * removes what follows it up to the next key frame. */
function trim({ at, ranges, keys }: Reserve): number | null {
  const start = ranges[0]?.[0] ?? at;
  if (at - start < CUT_S) return null;
  const key = keys.findLast((k) => k <= at - KEEP_S);
  return key !== undefined && key > start ? key : null;
}

export function advise(reserve: Reserve): Advice {
  const { at, ranges, target } = reserve;
  const last = ranges.at(-1);
  if (!last) return { seek: null, rate: 1, trim: null };
  const behind = last[1] - at;
  const inside = at >= last[0] && at <= last[1];
  if (!inside || behind > Math.max(JUMP_S, 2 * target)) {
    return { seek: Math.max(last[0], last[1] - target), rate: 1, trim: trim(reserve) };
  }
  const over = behind - target;
  const rate =
    over > ROOM_S ? Math.min(RATE_MOST, 1 + over) : over < -target / 2 ? RATE_LEAST : 1;
  return { seek: null, rate, trim: trim(reserve) };
}

/** Pictures that a browser wants ready before it plays on (measured: Chromium 4). */
const PICTURES = 4;
const TARGET_LEAST_S = 0.15;
const TARGET_MOST_S = 1.5;
/** Added when it ran dry, and given back each second. */
const MORE_S = 0.1;
const LESS_S = 0.01;

/** The distance to keep: as small as this browser and this network allow. */
export class Distance {
  private extra = 0;
  private frame = 0.04;

  /** How long a picture is shown, s. */
  picture(length: number): void {
    this.frame = length;
  }

  dry(): void {
    this.extra = Math.min(TARGET_MOST_S, this.extra + MORE_S);
  }

  /** So much time went by without running dry, s. */
  calm(seconds: number): void {
    this.extra = Math.max(0, this.extra - LESS_S * seconds);
  }

  get target(): number {
    return Math.min(TARGET_MOST_S, Math.max(TARGET_LEAST_S, PICTURES * this.frame) + this.extra);
  }
}
