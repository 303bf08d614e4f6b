// The plan of the site, from metres to pixels of a box. Pure.
import type { Beat, Point } from '../shared/wire';

export interface Box {
  width: number;
  height: number;
}

/** Metres right and up become pixels right and down: one scale for both, in the middle of the box,
 * with room for signs and names around. */
export function fit(places: readonly Point[], box: Box, room: number): (at: Point) => Point {
  const xs = places.map((p) => p[0]);
  const ys = places.map((p) => p[1]);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    (box.width - 2 * room) / Math.max(1, x1 - x0),
    (box.height - 2 * room) / Math.max(1, y1 - y0),
  );
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return ([x, y]) => [box.width / 2 + (x - cx) * scale, box.height / 2 - (y - cy) * scale];
}

/** Where a member is taken to be: at the camera of the ticket once he has said that he is there,
 * else at the post of his first beat; null when neither is known. */
export function standing(
  member: string,
  beats: readonly Beat[],
  scene: Point | null,
): Point | null {
  return scene ?? beats.find((b) => b.post_m && b.members.includes(member))?.post_m ?? null;
}

/** Signs that would lie on each other are set apart, in order. */
export function apart(places: readonly Point[], least: number): Point[] {
  const set: Point[] = [];
  for (const [x, y] of places) {
    let at: Point = [x, y];
    while (set.some((p) => Math.hypot(p[0] - at[0], p[1] - at[1]) < least)) at = [at[0], at[1] + least];
    set.push(at);
  }
  return set;
}
