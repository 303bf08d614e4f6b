import { expect, test } from 'vitest';
import { due, span, type DueState } from '../shared/due';

const check = (started: number, limit: number, now: number, state: DueState, share: number) => {
  const d = due({ started_ms: started, due_ms: started + limit }, now);
  expect(d.state).toBe(state);
  expect(d.share).toBeCloseTo(share);
};

test('a clock is in time until 80 percent of its limit', () => {
  check(1000, 100_000, 1000, 'in_time', 0);
  check(1000, 100_000, 80_999, 'in_time', 0.79999);
});
test('from 80 percent on it is near', () => {
  check(1000, 100_000, 81_000, 'near', 0.8);
  check(1000, 100_000, 101_000, 'near', 1);
});
test('past its limit it is over and stays full', () => check(1000, 100_000, 101_001, 'over', 1));
test('a clock that starts in the future of this machine shows nothing used', () =>
  check(5000, 100_000, 1000, 'in_time', 0));
test('a limit of nothing is over at once', () => check(1000, 0, 1000, 'over', 1));

const says = (ms: number, text: string) => expect(span(ms, 'd')).toBe(text);
test('time left is shown with its last second, time over with a plus sign', () => {
  says(24_000, '0:24');
  says(23_001, '0:24');
  says(0, '0:00');
  says(-1, '+0:00');
  says(-72_000, '+1:12');
  says(8_045_000, '2:14:05');
  says(183_600_000, '2d 03:00');
});
