import { expect, test } from 'vitest';
import {
  boxesAt,
  clipTimeOf,
  lookAt,
  momentOf,
  movingOutline,
  offset,
  placeOf,
  sightOf,
  spanOf,
  stepped,
  trailAt,
} from '../replay/trace';
import type { Area, Look, Replay, Trace } from '../shared/wire';

const T = 1_763_910_600_000;
const FILM = { id: 'c', begins_ms: T, parts: [] };

/** `1000:7@0.1,8@0.5` is a look after 1 s with tracks 7 and 8, each a tenth wide from there. */
function trace(words: string, track: number | null = 7): Trace {
  const looks: Look[] = words.split(' ').map((word) => {
    const [at, seen] = word.split(':');
    const tracks = (seen ?? '').split(',').filter(Boolean).map((one) => {
      const [id, x] = one.split('@').map(Number);
      const box: Area = [x!, 0.2, x! + 0.1, 0.6];
      return { id: id!, class: 'person' as const, score: 0.9, box };
    });
    return { at_ms: T + Number(at), moving: Number(at) / 10_000, searched: true, tracks };
  });
  return { format: 1, complete: true, fired_ms: T, until_ms: T, track, shape: null, looks };
}
function boxes(words: string, at: number, expected: string): void {
  const told = boxesAt(trace(words), T + at).map((b) => {
    return `${b.id}${b.fired ? '!' : ''}@${b.box[0].toFixed(2)}${b.found ? '' : '~'}`;
  });
  expect(told.join(' ')).toBe(expected);
}

test('a moment and the time of the clip are the same thing', () => {
  expect(momentOf(2.5, FILM)).toBe(T + 2500);
  expect(clipTimeOf(T + 2500, FILM, 13)).toBe(2.5);
  expect(clipTimeOf(momentOf(7.04, FILM), FILM, 13)).toBeCloseTo(7.04, 6);
  expect(clipTimeOf(T - 1, FILM, 13)).toBe(0);
  expect(clipTimeOf(T + 99_000, FILM, 13)).toBe(13);
});
test('a clip with a gap shows the moments that it has', () => {
  const parts = [
    { plays_ms: 0, from_ms: T, to_ms: T + 4000 },
    { plays_ms: 4000, from_ms: T + 6000, to_ms: T + 8000 },
  ];
  const film = { ...FILM, parts };
  expect([0, 3.9, 4, 5.5, 9].map((s) => momentOf(s, film) - T)).toEqual([0, 3900, 6000, 7500, 8000]);
  expect([-1, 1000, 4000, 5000, 6500, 9000].map((ms) => clipTimeOf(T + ms, film, 6))).toEqual([
    0, 1, 4, 4, 4.5, 6,
  ]);
  expect(spanOf({ at_ms: T + 3000, clip: film, trace: null } as Replay, 6)).toEqual({
    from: T,
    to: T + 8000,
  });
});
test('what can be looked at is the clip, or what was seen', () => {
  const of = (part: Partial<Replay>) => ({ at_ms: T + 8000, clip: null, trace: null, ...part }) as Replay;
  expect(spanOf(of({ clip: FILM }), 13)).toEqual({ from: T, to: T + 13_000 });
  expect(spanOf(of({ trace: trace('100: 12000:') }), null)).toEqual({ from: T + 100, to: T + 12_000 });
  expect(spanOf(of({ clip: FILM }), null)).toEqual({ from: T + 7000, to: T + 9000 });
  expect(spanOf(of({ trace: trace('8000:') }), null)).toEqual({ from: T + 7000, to: T + 9000 });
});
test('a box glides between two finds and lies on top when it fired', () => {
  boxes('0:7@0.1,8@0.5 1000:7@0.3,8@0.5', 0, '8@0.50 7!@0.10');
  boxes('0:7@0.1,8@0.5 1000:7@0.3,8@0.5', 500, '8@0.50 7!@0.20');
  boxes('0:7@0.1 200: 400:7@0.3', 200, '7!@0.20');
});
test('a box that was lost lingers, pales and goes; it is never drawn before it was found', () => {
  boxes('1000:7@0.1', 999, '');
  boxes('1000:7@0.1', 1000, '7!@0.10');
  boxes('1000:7@0.1', 1400, '7!@0.10~');
  boxes('1000:7@0.1', 1401, '');
  boxes('0:7@0.1 2001:7@0.9', 1000, '');
  expect(boxesAt(null, T)).toEqual([]);
});
test('the trail is where the feet went, up to now and with its breaks', () => {
  const path = (at: number, words = '0:7@0.1 1000:7@0.3 9000:7@0.7') =>
    trailAt(trace(words), T + at).map((s) => s.map(([x, y]) => `${x.toFixed(2)},${y}`).join(' '));
  expect(path(0)).toEqual(['0.15,0.6 0.15,0.6']);
  expect(path(500)).toEqual(['0.15,0.6 0.25,0.6']);
  expect(path(9000)).toEqual(['0.15,0.6 0.35,0.6', '0.75,0.6 0.75,0.6']);
  expect(path(-1)).toEqual([]);
  expect(trailAt(trace('0:7@0.1', null), T)).toEqual([]);
});
test('a step goes to the next look and stays at the ends', () => {
  const seen = trace('0: 200: 400:');
  const step = (at: number, by: 1 | -1) => stepped(seen, T + at, by) - T;
  expect([step(0, 1), step(100, 1), step(399, 1), step(400, 1)]).toEqual([200, 200, 400, 400]);
  expect([step(400, -1), step(399, -1), step(200, -1), step(0, -1)]).toEqual([200, 200, 0, 0]);
  expect(stepped(null, T, -1)).toBe(T - 200);
  expect(lookAt(seen, T + 250)?.at_ms).toBe(T + 200);
  expect(lookAt(seen, T - 1)).toBeNull();
});
test('the timeline shows when the track was in sight and what moved', () => {
  const seen = trace('0:7@0.1 1000:7@0.1 5000:7@0.1 6000:8@0.1');
  expect(sightOf(seen)).toEqual([
    { from: T, to: T + 1000 },
    { from: T + 5000, to: T + 5000 },
  ]);
  expect(movingOutline(trace('0: 5000: 10000:'), { from: T, to: T + 10_000 })).toBe(
    '0.00,1 0.00,1.000 50.00,0.500 100.00,0.000 100.00,1',
  );
  expect(movingOutline(trace('0:'), { from: T, to: T + 10_000 })).toBe('');
  expect([placeOf(T + 2500, { from: T, to: T + 10_000 }), placeOf(T, { from: T, to: T })]).toEqual([0.25, 0]);
});
test('the distance from the firing has a sign', () => {
  expect([-2440, 0, 49, 3160].map((ms) => offset(T + ms, T))).toEqual([
    '\u22122.4',
    '\u00b10.0',
    '\u00b10.0',
    '+3.2',
  ]);
});
