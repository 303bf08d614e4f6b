import { expect, test } from 'vitest';
import { advise, Distance, type Range } from '../shared/buffer';
import { judge, Sameness, stillLimitMs, type Trust } from '../shared/judge';
import { sameBytes } from '../shared/live';
import { parseVideo, Pictures } from '../shared/reel';

/** Ages in ms: of the picture by the daemon's clock, and since it was put on the screen. */
function trust(age: number | null, shown: number, repeated: boolean, expected: Trust): void {
  const now_ms = 1_795_410_000_000;
  const seen = { captured_ms: age === null ? null : now_ms - age, shown_ms: 5000 - shown, repeated };
  expect(judge(seen, { now_ms, shown_now_ms: 5000, limit_ms: 3000 })).toBe(expected);
}
test('a picture is live, frozen, late, repeated or not there', () => {
  trust(null, 0, false, 'none');
  trust(200, 40, false, 'live');
  trust(3000, 3000, false, 'live');
  trust(3001, 3001, false, 'frozen');
  trust(60_000, 20, false, 'late');
  trust(200, 40, true, 'repeated');
  trust(60_000, 4000, true, 'frozen');
  // A daemon whose clock was set back shows pictures from the future: they are new.
  trust(-5000, 40, false, 'live');
});
test('stills may be as old as a group of pictures', () => {
  expect([null, 1000, 10_000].map(stillLimitMs)).toEqual([3000, 3000, 11_500]);
});
test('three equal key frames are a repetition, two are not', () => {
  const keys = new Sameness();
  expect([false, true, true, false, true].map((same) => keys.key(same))).toEqual([
    false,
    false,
    true,
    false,
    false,
  ]);
});
test('equal stills are a repetition after half a minute', () => {
  const stills = new Sameness();
  const at = [0, 10_000, 30_000, 30_001, 30_002];
  const found = at.map((ms, i) => stills.still(i > 0 && i < 4, ms));
  expect(found).toEqual([false, false, false, true, false]);
  expect(sameBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(true);
  expect(sameBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false);
});

const at = (place: number, ranges: Range[], keys: number[] = []) =>
  advise({ at: place, ranges, keys, target: 0.2 });
test('it plays close behind the end', () => {
  expect(at(0, [])).toEqual({ seek: null, rate: 1, trim: null });
  expect(at(9.8, [[8, 10]])).toEqual({ seek: null, rate: 1, trim: null });
  expect(at(9.95, [[8, 10]]).rate).toBeLessThan(1);
  expect(at(9.5, [[8, 10]]).rate).toBeGreaterThan(1);
  expect(at(9, [[8, 10]]).rate).toBe(1.25);
});
test('it jumps when it is far behind, in a hole or before the beginning', () => {
  expect(at(8.4, [[0, 10]]).seek).toBeCloseTo(9.8);
  expect(at(0, [[10, 12]]).seek).toBeCloseTo(11.8);
  const two: Range[] = [[0, 4], [6, 6.1]];
  expect(at(3.9, two).seek).toBe(6);
  expect(at(11, [[0, 10]]).seek).toBeCloseTo(9.8);
});
test('what was played goes, up to a key frame', () => {
  const long: Range[] = [[0, 20]];
  expect(at(19.8, long, [0, 4, 8, 12, 16]).trim).toBe(12);
  expect(at(19.8, long, [0]).trim).toBeNull();
  expect(at(9.8, [[0, 10]], [0, 4]).trim).toBeNull();
});
test('the distance grows when it runs dry and shrinks again', () => {
  const distance = new Distance();
  expect(distance.target).toBeCloseTo(0.16);
  distance.dry();
  expect(distance.target).toBeCloseTo(0.26);
  distance.calm(10);
  expect(distance.target).toBeCloseTo(0.16);
  distance.picture(0.2);
  expect(distance.target).toBeCloseTo(0.8);
  for (let i = 0; i < 50; i += 1) distance.dry();
  expect(distance.target).toBeLessThanOrEqual(3);
});

function message(flags: number, captured: bigint, start: number): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint8(0, 2);
  view.setUint8(1, flags);
  view.setBigInt64(2, captured);
  view.setBigUint64(10, BigInt(start * 90_000));
  view.setUint32(18, 3600);
  return view.buffer;
}
test('a picture tells when it was seen and where it stands', () => {
  const read = parseVideo(message(3, 1_795_410_000_123n, 12));
  if (read?.kind !== 'picture') throw new Error('no picture');
  const { picture, bytes } = read;
  expect(picture).toEqual({
    key: true,
    same: true,
    captured_ms: 1_795_410_000_123,
    start: 12,
    end: 12.04,
  });
  expect(bytes.length).toBe(2);
  expect(parseVideo(new Uint8Array([1, 7, 8]).buffer)).toEqual({
    kind: 'head',
    bytes: new Uint8Array([7, 8]),
  });
  expect(parseVideo(new Uint8Array([2, 0]).buffer)).toBeNull();
  expect(parseVideo(new Uint8Array([9, 9, 9]).buffer)).toBeNull();
});
test('the picture on the screen is found by its time, reordered or not', () => {
  const pictures = new Pictures();
  expect(pictures.at(1)).toBeNull();
  for (const start of [0, 3, 1, 2, 4]) {
    const key = start === 0;
    pictures.add({ key, same: false, captured_ms: start, start, end: start + 1 });
  }
  const found = [0, 1, 2.5, 2.9999, 3, 9].map((time) => pictures.at(time)?.captured_ms);
  expect(found).toEqual([0, 1, 2, 3, 3, 4]);
  expect(pictures.keys()).toEqual([0]);
});
