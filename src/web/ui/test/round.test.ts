import { expect, test } from 'vitest';
import { coverage, ROUND_MS, route } from '../console/round';
import type { Round } from '../shared/wire';

const round = (...at: (number | null)[]): Round => ({
  since_ms: 1000,
  cameras: at.map((at_ms, i) => ({ camera: 'abcd'[i]!, looks: at_ms === null ? 0 : 1, at_ms, by: null })),
});

test('a round is whole when every camera was looked at, and due by the oldest look', () => {
  expect(coverage(round(5000, null))).toEqual({ seen: 1, of: 2, oldest_ms: null, due_ms: 1000 + ROUND_MS });
  expect(coverage(round(9000, 5000))).toEqual({ seen: 2, of: 2, oldest_ms: 5000, due_ms: 5000 + ROUND_MS });
  expect(coverage(round())).toEqual({ seen: 0, of: 0, oldest_ms: null, due_ms: 1000 + ROUND_MS });
});
test('who waits longest comes first', () => {
  expect(route(round(9000, null, 5000, null))).toEqual(['b', 'd', 'c', 'a']);
});
