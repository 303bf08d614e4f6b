import { expect, test } from 'vitest';
import { showOf, turn } from '../wall/show';

const order = ['a', 'b', 'c', 'd', 'e'];
const show = (query: string) => showOf(new URLSearchParams(query));

test('the address is the layout, and nonsense in it is not followed', () => {
  expect(show('')).toEqual({ cameras: [], tiles: 16, every_ms: 20_000 });
  expect(show('cameras=b,,a&tiles=2&every=30')).toEqual({ cameras: ['b', 'a'], tiles: 2, every_ms: 30_000 });
  expect(show('tiles=0&every=x')).toEqual({ cameras: [], tiles: 16, every_ms: 20_000 });
});
test('what fits does not turn', () => {
  expect(turn(order, show(''), null, 3)).toEqual(order);
  expect(turn(order, show('cameras=c,a,zz'), null, 0)).toEqual(['c', 'a']);
});
test('each camera is seen, and the newest alarm at every turn', () => {
  const two = show('tiles=2');
  expect([0, 1, 2, 3].map((n) => turn(order, two, null, n).join(''))).toEqual(['ab', 'cd', 'de', 'ab']);
  expect([0, 1, 2, 3, 4].map((n) => turn(order, two, 'c', n).join(''))).toEqual(['ca', 'cb', 'cd', 'ce', 'ca']);
  expect(turn(order, show('tiles=1'), 'c', 1)).toEqual(['c']);
  expect(turn(order, show('cameras=a,b&tiles=2'), 'e', 0)).toEqual(['e', 'a']);
});
