// Whether a moving picture may be trusted. Pure: times are arguments.
//
//   live      new pictures come and are young
//   frozen    no new picture has come for too long
//   late      new pictures come, but what is shown was seen too long ago
//   repeated  new pictures come, but their bits are those of the ones before
//   none      there is no picture yet
/** A picture older than this does not count as live. */
export const STALE_AFTER_MS = 3000;

export type Trust = 'live' | 'frozen' | 'late' | 'repeated' | 'none';

export interface Seen {
  /** When the daemon saw the picture that is shown, by its clock; null before the first. */
  captured_ms: number | null;
  /** When it was put on the screen, by the clock of `shown_now_ms`. */
  shown_ms: number;
  repeated: boolean;
}

export interface Moment {
  /** The daemon's clock. */
  now_ms: number;
  /** This screen's clock, which never steps. */
  shown_now_ms: number;
  /** A picture that is older is not live. */
  limit_ms: number;
}

export function judge(seen: Seen, moment: Moment): Trust {
  if (seen.captured_ms === null) return 'none';
  if (moment.now_ms - seen.captured_ms > moment.limit_ms) {
    return moment.shown_now_ms - seen.shown_ms > moment.limit_ms ? 'frozen' : 'late';
  }
  return seen.repeated ? 'repeated' : 'live';
}

/** Stills come only when the daemon decodes, which may be once in a group of pictures. */
export function stillLimitMs(key_distance_ms: number | null | undefined): number {
  return Math.max(STALE_AFTER_MS, (key_distance_ms ?? 0) + STALE_AFTER_MS / 2);
}

/** Key frames in a row with the same bits: two in a row may be chance where an encoder draws a
 * title card; three are a loop or a stuck encoder (guess, revisit). */
const SAME_KEYS = 2;
/** Stills with the same bits for this long: noise changes every real picture, but an encoder that
 * saves may send none of it between two key frames (guess, revisit). */
const SAME_STILLS_MS = 30_000;

/** Counts what looks the same. */
export class Sameness {
  private keys = 0;
  private since_ms: number | null = null;

  /** A key frame came whose bits are, or are not, those of one just before. */
  key(same: boolean): boolean {
    this.keys = same ? this.keys + 1 : 0;
    return this.keys >= SAME_KEYS;
  }

  /** A still came. */
  still(same: boolean, captured_ms: number): boolean {
    if (!same || this.since_ms === null) this.since_ms = captured_ms;
    return captured_ms - this.since_ms > SAME_STILLS_MS;
  }
}
