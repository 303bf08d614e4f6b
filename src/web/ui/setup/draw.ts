// A zone or a line as it is drawn: corners as fractions of the picture. Pure.
import type { Point } from '../shared/wire';

/** As many corners as the configuration takes for a zone. */
export const CORNERS_LEAST = 3;

/** The nearest place inside the picture, to the thousandth: a pixel of a picture 1000 wide. */
export function settle([x, y]: Point): Point {
  const one = (v: number) => Math.round(Math.min(1, Math.max(0, v)) * 1000) / 1000;
  return [one(x), one(y)];
}

/** Whether the segments ab and cd cross in their insides. */
function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) =>
    Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

export function crossesItself(corners: readonly Point[]): boolean {
  const n = corners.length;
  const at = (i: number) => corners[i % n]!;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) if (cross(at(i), at(i + 1), at(j), at(j + 1))) return true;
  return false;
}

export type Fault = 'few' | 'crossing' | 'no_id' | 'bad_id' | 'taken';

/** What keeps the drawing from being a zone or line of the configuration. */
export function faultOf(
  of: { kind: 'zone' | 'line'; corners: readonly Point[]; id: string },
  taken: readonly string[],
): Fault | null {
  const least = of.kind === 'zone' ? CORNERS_LEAST : 2;
  if (of.corners.length < least) return 'few';
  if (of.kind === 'zone' && crossesItself(of.corners)) return 'crossing';
  if (of.id === '') return 'no_id';
  if (!/^[a-z0-9][a-z0-9-]*$/.test(of.id)) return 'bad_id';
  return taken.includes(of.id) ? 'taken' : null;
}

/** The lines of the configuration, for the camera's section. */
export function toml(of: {
  kind: 'zone' | 'line';
  id: string;
  name: string;
  corners: readonly Point[];
}): string {
  const quoted = (text: string) => JSON.stringify(text);
  const points = of.corners.map(([x, y]) => `[${x.toFixed(3)}, ${y.toFixed(3)}]`).join(', ');
  const key = of.kind === 'zone' ? 'polygon' : 'points';
  return [
    `[[camera.${of.kind}]]`,
    `id = ${quoted(of.id)}`,
    `name = ${quoted(of.name || of.id)}`,
    `${key} = [${points}]`,
    '',
  ].join('\n');
}
