import { expect, test } from 'vitest';
import { lanes, place } from '../duty/lanes';
import { dayStart, days, weekStart } from '../shared/days';
import type { Turn } from '../shared/wire';

const turn = (name: string, starts_ms: number, ends_ms: number): Turn => ({
  name,
  line: 'duty',
  starts_ms,
  ends_ms,
});

test('turns that lie over each other stand in rows of their own', () => {
  const rows = lanes([turn('wang', 0, 8), turn('li', 0, 8), turn('li', 8, 16), turn('ma', 10, 12)]);
  expect(rows.map((row) => row.map((t) => `${t.name} ${t.starts_ms}`))).toEqual([
    ['li 0', 'li 8'],
    ['wang 0', 'ma 10'],
  ]);
  expect(lanes([])).toEqual([]);
});

test('a time is placed within the week and cut at its ends', () => {
  const week = { from_ms: 100, until_ms: 200 };
  expect(place({ from_ms: 125, until_ms: 150 }, week)).toEqual({ left: 0.25, width: 0.25 });
  expect(place({ from_ms: 0, until_ms: 150 }, week)).toEqual({ left: 0, width: 0.5 });
  expect(place({ from_ms: 0, until_ms: 100 }, week)).toBeNull();
  expect(place({ from_ms: 100, until_ms: 200 }, { from_ms: 5, until_ms: 5 })).toBeNull();
});

test('a day begins at midnight of the site, also when clocks change', () => {
  const at = (text: string) => Date.parse(text);
  const shanghai = 'Asia/Shanghai';
  expect(dayStart(at('2026-11-23T06:00:00.123Z'), shanghai)).toBe(at('2026-11-22T16:00:00Z'));
  expect(weekStart(at('2026-11-25T06:00:00Z'), shanghai)).toBe(at('2026-11-22T16:00:00Z'));
  expect(weekStart(at('2026-11-22T16:00:00Z'), shanghai)).toBe(at('2026-11-22T16:00:00Z'));
  const berlin = 'Europe/Berlin';
  expect(dayStart(at('2026-10-25T20:00:00Z'), berlin)).toBe(at('2026-10-24T22:00:00Z'));
  expect(dayStart(at('2026-03-29T20:00:00Z'), berlin)).toBe(at('2026-03-28T23:00:00Z'));
  const hours = (from: string) => {
    const [a, b] = days(at(from), berlin, 1);
    return (b! - a!) / 3_600_000;
  };
  expect([hours('2026-10-25T10:00:00Z'), hours('2026-03-29T10:00:00Z')]).toEqual([25, 23]);
  expect(days(at('2026-10-21T10:00:00Z'), berlin, 7)).toHaveLength(8);
});
