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
  const box = { width: 200, height: 100 };
  const sign = (x: number, y: number) => ({ at: [x, y] as [number, number], width: 40, height: 20 });
  expect(apart([sign(60, 50), sign(61, 50), sign(150, 50)], [], box)).toEqual([[60, 50], [61, 70], [150, 50]]);
});
test('a member covers no sign of a camera and never leaves the plan', () => {
  const box = { width: 200, height: 100 };
  const camera = { at: [100, 90] as [number, number], width: 24, height: 24 };
  const [member] = apart([{ at: [100, 95], width: 40, height: 20 }], [camera], box);
  expect(member).toEqual([100, 55]);
});
