import { expect, test } from 'vitest';
import { around, clipFrom, clusters, footageAfter, matches, roundTicks, step } from '../footage/find';
import type { Piece } from '../shared/strip';
import type { Ticket } from '../shared/wire';

const day = { from_ms: 0, to_ms: 24_000 };
const piece = (kind: Piece['kind'], from_ms: number, to_ms: number): Piece => ({
  kind,
  from_ms,
  to_ms,
  cause: null,
});
const pieces = [piece('footage', 0, 10), piece('gap', 10, 20), piece('footage', 20, 90)];

test('a window keeps inside the day', () => {
  expect(around(12_000, 2000, day)).toEqual({ from_ms: 11_000, to_ms: 13_000 });
  expect(around(0, 2000, day)).toEqual({ from_ms: 0, to_ms: 2000 });
  expect(around(24_000, 2000, day)).toEqual({ from_ms: 22_000, to_ms: 24_000 });
  expect(around(3, 50_000, day)).toEqual(day);
});

test('the next event is the nearest beyond where one is', () => {
  const at = [5000, 20_000, 60_000];
  expect(step(at, 20_000, 1)).toBe(60_000);
  expect(step(at, 20_400, -1)).toBe(5000);
  expect(step(at, 60_000, 1)).toBeNull();
  expect(step([], 0, -1)).toBeNull();
});

test('a clip ends where the footage does, and a gap has none', () => {
  expect(clipFrom(pieces, 5, 100)).toEqual({ from_ms: 5, to_ms: 10 });
  expect(clipFrom(pieces, 25, 30)).toEqual({ from_ms: 25, to_ms: 55 });
  expect(clipFrom(pieces, 15, 100)).toBeNull();
  expect(footageAfter(pieces, 15)).toBe(20);
  expect(footageAfter(pieces, 30)).toBe(30);
  expect(footageAfter(pieces, 95)).toBeNull();
});

test('all words must be there, in any order and case', () => {
  expect(matches('T-12 · East Square · Intrusion', 'intrusion east')).toBe(true);
  expect(matches('T-12 · East Square', 'west')).toBe(false);
  expect(matches('T-12', '')).toBe(true);
});

test('marks that would lie on each other are one, the most urgent', () => {
  const t = (opened_ms: number, severity: string) => ({ opened_ms, severity }) as Ticket;
  const found = clusters([t(50, 'S3'), t(10, 'S4'), t(20, 'S2')], (ms) => ms, 24);
  expect(found.map((c) => [c.at, c.worst.severity, c.count])).toEqual([[10, 'S2', 2], [50, 'S3', 1]]);
});

test('marks of time are round, and none is cut at an end', () => {
  const hour = 3_600_000;
  const begun = 16 * hour;
  const at = (from_h: number, to_h: number) =>
    roundTicks({ from_ms: begun + from_h * hour, to_ms: begun + to_h * hour }, begun).map(
      (ms) => (ms - begun) / hour,
    );
  expect(at(6.3, 12.3)).toEqual([7, 8, 9, 10, 11, 12]);
  expect(at(0, 24)).toEqual([3, 6, 9, 12, 15, 18, 21]);
  expect(at(9, 10)).toEqual([1, 2, 3, 4, 5].map((n) => 9 + n / 6));
});
