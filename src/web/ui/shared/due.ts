// The state of a running clock: pure, `now` is an argument.
import type { Clock } from './wire';

export type DueState = 'in_time' | 'near' | 'over';

export interface Due {
  state: DueState;
  /** 0..1 of the limit that is used up; 1 when it is over. */
  share: number;
  /** Time left; negative when it is over. */
  left_ms: number;
}

/** From 80 % of the limit on a clock is amber (the design's choice). */
export const NEAR_SHARE = 0.8;

export function due(clock: Pick<Clock, 'started_ms' | 'due_ms'>, now: number): Due {
  const limit = clock.due_ms - clock.started_ms;
  const left_ms = clock.due_ms - now;
  if (left_ms < 0 || limit <= 0) return { state: 'over', share: 1, left_ms: Math.min(left_ms, 0) };
  const share = Math.min(1, Math.max(0, (now - clock.started_ms) / limit));
  return { state: share >= NEAR_SHARE ? 'near' : 'in_time', share, left_ms };
}

/** `m:ss`, `h:mm:ss`, `2d 03:15`; a plus sign marks time over the limit. */
export function span(ms: number, day: string): string {
  const over = ms < 0;
  const seconds = over ? Math.floor(-ms / 1000) : Math.ceil(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const d = Math.floor(seconds / 86_400);
  const h = Math.floor((seconds % 86_400) / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = seconds % 60;
  const sign = over ? '+' : '';
  if (d > 0) return `${sign}${d}${day} ${two(h)}:${two(m)}`;
  return h > 0 ? `${sign}${h}:${two(m)}:${two(s)}` : `${sign}${m}:${two(s)}`;
}
