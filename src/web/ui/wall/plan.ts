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

/** A sign with its middle at `at`. */
export interface Sign extends Box {
  at: Point;
}

const covers = (a: Sign, b: Sign): boolean =>
  Math.abs(a.at[0] - b.at[0]) < (a.width + b.width) / 2 &&
  Math.abs(a.at[1] - b.at[1]) < (a.height + b.height) / 2;

/** Moves each sign in turn to the nearest place inside the box where it covers nothing that stands
 * (`fixed`, and those before it): beside its place first, else a row up or down. Where there is no
 * room it stays. */
export function apart(signs: readonly Sign[], fixed: readonly Sign[], box: Box): Point[] {
  const stands = [...fixed];
  const clamp = (x: number, room: number, all: number) =>
    Math.min(Math.max(x, room / 2), Math.max(room / 2, all - room / 2));
  return signs.map((sign) => {
    const { at, width, height } = sign;
    const rows = Math.ceil(box.height / height);
    const steps = [0, ...Array.from({ length: rows }, (_, n) => [n + 1, -n - 1]).flat()];
    const tried = steps
      .flatMap((row) => [0, 1, -1].map((side): Point => [at[0] + side * width, at[1] + row * height]))
      .map((p): Point => [clamp(p[0], width, box.width), clamp(p[1], height, box.height)])
      .toSorted((a, b) => far(a, at) - far(b, at));
    const free = tried.find((p) => !stands.some((one) => covers({ ...sign, at: p }, one)));
    stands.push({ ...sign, at: free ?? at });
    return free ?? at;
  });
}
const far = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);
