// What was seen around an event, at any moment of its clip: pure. All moments are UTC ms; a clip
// knows the moment of its first picture, so its own time is only a distance from there, unless it
// was made out of footage with gaps: then it says which moments it shows.
import type { Area, Film, Look, Point, Replay, Seen, Trace } from '../shared/wire';

/** Between two finds that are this far apart a box still glides: the tracker gives a track up after
 * 2 s without a find (detect/track.rs). */
const GLIDE_MS = 2_000;
/** After its last find a box stays this long, paler: two looks at five a second (guess, revisit). */
const LINGER_MS = 400;
/** Five looks a second are the default (config/section.rs). */
const USUAL_STEP_MS = 200;
/** Without a find before or after it, a moment this far outside of everything known is still shown. */
const MARGIN_MS = 1_000;

export interface Span {
  from: number;
  to: number;
}
export interface Drawn extends Seen {
  fired: boolean;
  /** Found in a look of just this moment, or put where it must have been between two finds. */
  found: boolean;
}

/** The moment that a time of the clip shows. A clip with gaps goes on after each without a pause. */
export function momentOf(clip_s: number, film: Film): number {
  const plays_ms = clip_s * 1000;
  const part = film.parts.findLast((one) => one.plays_ms <= plays_ms);
  if (!part) return film.begins_ms + plays_ms;
  return Math.min(part.from_ms + plays_ms - part.plays_ms, part.to_ms);
}

/** The clip's own time in seconds. What it does not show is the picture after it, or its ends. */
export function clipTimeOf(ms: number, film: Film, duration_s: number): number {
  const part = film.parts.find((one) => ms < one.to_ms) ?? film.parts[film.parts.length - 1];
  const plays_ms = part ? part.plays_ms + Math.max(ms - part.from_ms, 0) : ms - film.begins_ms;
  return Math.min(Math.max(plays_ms / 1000, 0), Math.max(duration_s, 0));
}

/** The time that can be looked at: the clip's, or what was seen where there is no clip. */
export function spanOf(replay: Replay, duration_s: number | null): Span {
  if (replay.clip && duration_s !== null && duration_s > 0)
    return { from: replay.clip.begins_ms, to: momentOf(duration_s, replay.clip) };
  const looks = replay.trace?.looks ?? [];
  const from = looks[0]?.at_ms ?? replay.at_ms - MARGIN_MS;
  const to = looks[looks.length - 1]?.at_ms ?? replay.at_ms;
  return { from: Math.min(from, replay.at_ms - MARGIN_MS), to: Math.max(to, replay.at_ms + MARGIN_MS) };
}

/** Index of the last look at or before a moment; -1 before the first. */
function indexAt(looks: Look[], ms: number): number {
  let low = 0;
  let high = looks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (looks[middle]!.at_ms <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function lookAt(trace: Trace | null, ms: number): Look | null {
  const looks = trace?.looks ?? [];
  return looks[indexAt(looks, ms)] ?? null;
}

/** The moment of the next look in a direction; the same moment where there is none. Without a trace
 * it is as far away as looks usually are. */
export function stepped(trace: Trace | null, ms: number, by: 1 | -1): number {
  if (!trace) return ms + by * USUAL_STEP_MS;
  const looks = trace.looks;
  const here = indexAt(looks, ms);
  const next = by === 1 ? looks[here + 1] : looks[looks[here]?.at_ms === ms ? here - 1 : here];
  return next?.at_ms ?? ms;
}

const between = (a: Area, b: Area, share: number): Area =>
  a.map((side, i) => side + (b[i]! - side) * share) as Area;

/** The boxes at a moment, the one that fired last, so that it lies on top. */
export function boxesAt(trace: Trace | null, ms: number): Drawn[] {
  if (!trace) return [];
  const before = new Map<number, { at: number; seen: Seen }>();
  const after = new Map<number, { at: number; seen: Seen }>();
  for (const look of trace.looks) {
    if (look.at_ms < ms - GLIDE_MS || look.at_ms > ms + GLIDE_MS) continue;
    for (const seen of look.tracks) {
      if (look.at_ms <= ms) before.set(seen.id, { at: look.at_ms, seen });
      else if (!after.has(seen.id)) after.set(seen.id, { at: look.at_ms, seen });
    }
  }
  const drawn: Drawn[] = [];
  for (const [id, last] of before) {
    const next = after.get(id);
    const fired = id === trace.track;
    if (next && next.at - last.at <= GLIDE_MS) {
      const share = (ms - last.at) / (next.at - last.at);
      const box = between(last.seen.box, next.seen.box, share);
      drawn.push({ ...last.seen, box, fired, found: true });
    } else if (ms - last.at <= LINGER_MS) {
      drawn.push({ ...last.seen, fired, found: last.at === ms });
    }
  }
  return drawn.sort((a, b) => Number(a.fired) - Number(b.fired) || a.id - b.id);
}

const foot = ([x0, , x1, y1]: Area): Point => [(x0 + x1) / 2, y1];

/** Where the feet of the track that fired went, up to a moment, in stretches without a break. */
export function trailAt(trace: Trace | null, ms: number): Point[][] {
  if (!trace || trace.track === null) return [];
  const stretches: Point[][] = [];
  let last = -Infinity;
  for (const look of trace.looks) {
    const seen = look.at_ms <= ms && look.tracks.find((one) => one.id === trace.track);
    if (!seen) continue;
    if (look.at_ms - last > GLIDE_MS) stretches.push([]);
    stretches[stretches.length - 1]!.push(foot(seen.box));
    last = look.at_ms;
  }
  const end = boxesAt(trace, ms).find((one) => one.fired);
  if (end && stretches.length > 0) stretches[stretches.length - 1]!.push(foot(end.box));
  return stretches;
}

/** When the track that fired was in sight. */
export function sightOf(trace: Trace | null): Span[] {
  const spans: Span[] = [];
  for (const look of trace?.looks ?? []) {
    if (!look.tracks.some((one) => one.id === trace?.track)) continue;
    const last = spans[spans.length - 1];
    if (last && look.at_ms - last.to <= GLIDE_MS) last.to = look.at_ms;
    else spans.push({ from: look.at_ms, to: look.at_ms });
  }
  return spans;
}

/** Place of a moment on the timeline, 0..1. */
export const placeOf = (ms: number, { from, to }: Span): number =>
  to > from ? Math.min(Math.max((ms - from) / (to - from), 0), 1) : 0;

/** The moving share as the outline of an area, 100 wide and 1 high; the most that moved is its top. */
export function movingOutline(trace: Trace | null, span: Span): string {
  const looks = (trace?.looks ?? []).filter((l) => l.at_ms >= span.from && l.at_ms <= span.to);
  const most = Math.max(...looks.map((l) => l.moving), 0);
  if (looks.length < 2 || most === 0) return '';
  const x = (look: Look) => (100 * placeOf(look.at_ms, span)).toFixed(2);
  const points = looks.map((look) => `${x(look)},${(1 - look.moving / most).toFixed(3)}`);
  return [`${x(looks[0]!)},1`, ...points, `${x(looks[looks.length - 1]!)},1`].join(' ');
}

/** Seconds before or after the firing, with a sign. */
export function offset(ms: number, fired_ms: number): string {
  const tenths = Math.round((ms - fired_ms) / 100) / 10;
  const sign = tenths > 0 ? '+' : tenths < 0 ? '\u2212' : '\u00b1';
  return `${sign}${Math.abs(tenths).toFixed(1)}`;
}
