import { expect, test } from 'vitest';
import { parseFrame } from '../shared/live';
import { reviewScore } from '../shared/score';
import { safeNext } from '../shared/session';
import { LOST_AFTER_MS, Offset, Silence } from '../shared/stream';
import { formats } from '../shared/time';
import { uuid7 } from '../shared/uuid7';
import type { ReviewAnswer } from '../shared/wire';
import { fit } from '../phone/photos';
import { layout } from '../wall/layout';

test('an id carries its milliseconds, its version and its variant', () => {
  const id = uuid7(0x0123_4567_89ab, new Uint8Array(10).fill(0xff));
  expect(id).toBe('01234567-89ab-7fff-bfff-ffffffffffff');
});
test('later ids sort after earlier ones', () => {
  const random = new Uint8Array(10);
  expect(uuid7(1_795_410_000_000, random) < uuid7(1_795_410_000_001, random)).toBe(true);
});

const score = (answers: ReviewAnswer[], expected: number | null) =>
  expect(reviewScore(answers)).toBe(expected);
test('the score is the share of yes among yes and no', () => {
  score(['yes', 'yes', 'no', 'na'], 67);
  score(Array<ReviewAnswer>(10).fill('yes'), 100);
  score(['no'], 0);
});
test('where nothing applies there is no score', () => score(['na', 'na'], null));

function frame(camera: string, ms: bigint, jpeg: number[]): ArrayBuffer {
  const id = new TextEncoder().encode(camera);
  const bytes = new Uint8Array(10 + id.length + jpeg.length);
  bytes.set([1, id.length]);
  bytes.set(id, 2);
  new DataView(bytes.buffer).setBigInt64(2 + id.length, ms);
  bytes.set(jpeg, 10 + id.length);
  return bytes.buffer;
}
test('a live picture gives its camera, its time and its JPEG', () => {
  const read = parseFrame(frame('east', 1_795_410_000_123n, [0xff, 0xd8]));
  expect(read).toMatchObject({ camera: 'east', captured_ms: 1_795_410_000_123 });
  expect([...(read?.jpeg ?? [])]).toEqual([0xff, 0xd8]);
});
test('a picture that is cut short or of another format is left out', () => {
  expect(parseFrame(new ArrayBuffer(1))).toBeNull();
  expect(parseFrame(frame('east', 1n, []))).toBeNull();
  expect(parseFrame(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]).buffer)).toBeNull();
});

test('after sign-in only paths of this site are followed', () => {
  expect(safeNext('/console?lang=en')).toBe('/console?lang=en');
  for (const bad of [
    null,
    '',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/login?next=/x',
  ]) {
    expect(safeNext(bad)).toBeNull();
  }
});

test('the least delayed beat tells the difference of the clocks', () => {
  const offset = new Offset();
  offset.add(10_000, 9_000);
  offset.add(11_000, 10_400);
  expect(offset.ms).toBe(1000);
});

test('times are shown in the zone of the site', () => {
  const ms = Date.parse('2026-11-22T16:05:09Z');
  for (const lang of ['zh-CN', 'en']) {
    const f = formats(lang, 'Asia/Shanghai');
    expect([f.clock(ms), f.minute(ms), f.hour(ms)]).toEqual(['00:05:09', '00:05', 0]);
  }
});

test('a photo is made small but never enlarged', () => {
  expect(fit(4000, 3000)).toEqual({ width: 1600, height: 1200 });
  expect(fit(3000, 4000)).toEqual({ width: 1200, height: 1600 });
  expect(fit(640, 480)).toEqual({ width: 640, height: 480 });
});

const pane = { width: 1370, height: 732 };
test('six tiles with a large one fill three columns and rows', () => {
  expect(layout(6, true, pane, 36)).toMatchObject({ kind: 'grid', columns: 3, rows: 3 });
});
test('every camera has a cell, whatever their number', () => {
  for (let n = 1; n <= 40; n++) {
    for (const large of [false, true]) {
      const l = layout(n, large, pane, 36);
      const cells = l.columns * l.rows;
      const needed = l.kind === 'side' ? n - 1 : large && n > 1 ? n + 3 : n;
      expect(cells).toBeGreaterThanOrEqual(needed);
    }
  }
});

test('silence is shown within 2.5 s of the last beat', () => {
  const silence = new Silence(0, 200);
  silence.heard(1000);
  let at = 1000;
  while (silence.ms <= LOST_AFTER_MS) silence.look((at += 200));
  expect(at - 1000).toBeLessThanOrEqual(2500);
});
test('a page that was asleep reads first what came meanwhile', () => {
  const silence = new Silence(0, 200);
  silence.heard(1000);
  silence.look(9000);
  expect(silence.ms).toBe(0);
  silence.heard(9001);
  silence.look(9200);
  expect(silence.ms).toBe(199);
});
test('a page that is always slow still tells of silence', () => {
  const silence = new Silence(0, 200);
  silence.heard(1000);
  for (const at of [1200, 2200, 3200, 4200, 5200]) silence.look(at);
  expect(silence.ms).toBeGreaterThan(LOST_AFTER_MS);
});
