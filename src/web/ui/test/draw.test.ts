import { expect, test } from 'vitest';
import { crossesItself, faultOf, settle, toml } from '../setup/draw';
import type { Point } from '../shared/wire';

const square: Point[] = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]];
const bow: Point[] = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]];

test('what is drawn outside is put on the edge', () => {
  expect(settle([-0.2, 1.4])).toEqual([0, 1]);
  expect(settle([0.12345, 0.5])).toEqual([0.123, 0.5]);
});
test('a bow tie crosses itself, a square does not', () => {
  expect(crossesItself(square)).toBe(false);
  expect(crossesItself(bow)).toBe(true);
});
test('what the configuration would refuse is told before', () => {
  const fault = (corners: Point[], id: string, kind: 'zone' | 'line' = 'zone') =>
    faultOf({ kind, corners, id }, ['gate']);
  expect(fault(square.slice(0, 2), 'yard')).toBe('few');
  expect(fault(square.slice(0, 2), 'yard', 'line')).toBeNull();
  expect(fault(bow, 'yard')).toBe('crossing');
  expect(fault(square, '')).toBe('no_id');
  expect(fault(square, 'East Gate')).toBe('bad_id');
  expect(fault(square, 'gate')).toBe('taken');
  expect(fault(square, 'yard')).toBeNull();
});
test('the lines are those of the configuration', () => {
  const text = toml({ kind: 'line', id: 'gate', name: '东"门', corners: square.slice(0, 2) });
  expect(text).toBe('[[camera.line]]\nid = "gate"\nname = "东\\"门"\npoints = [[0.100, 0.100], [0.900, 0.100]]\n');
});
