import { expect, test } from 'vitest';
import { apart, fit, standing } from '../wall/plan';
import type { Beat } from '../shared/wire';

test('one scale for both ways, north up', () => {
  const at = fit([[0, 0], [100, 100]], { width: 240, height: 120 }, 10);
  expect(at([0, 0])).toEqual([70, 110]);
  expect(at([100, 100])).toEqual([170, 10]);
  expect(fit([[5, 5]], { width: 100, height: 50 }, 10)([5, 5])).toEqual([50, 25]);
});
test('a member is at his post until he has arrived', () => {
  const beats: Beat[] = [
    { id: 'a', name: 'A', post_m: null, members: ['chen'] },
    { id: 'b', name: 'B', post_m: [1, 2], members: ['chen', 'wu'] },
  ];
  expect(standing('chen', beats, null)).toEqual([1, 2]);
  expect(standing('chen', beats, [9, 9])).toEqual([9, 9]);
  expect(standing('sun', beats, null)).toBeNull();
});
test('two at one place are both seen', () => {
  expect(apart([[0, 0], [1, 0], [50, 0]], 20)).toEqual([[0, 0], [1, 20], [50, 0]]);
});
