import { expect, test } from 'vitest';
import { inTurn, withNews } from '../shared/turns';

test('a reading that is asked for while one runs comes after it, and once', async () => {
  const answers: (() => void)[] = [];
  let begun = 0;
  const read = inTurn(() => {
    begun += 1;
    return new Promise<void>((resolve) => answers.push(resolve));
  });
  const first = read();
  const second = read();
  const third = read();
  expect(begun).toBe(1);
  answers[0]!();
  await first;
  await new Promise((resolve) => setTimeout(resolve));
  expect(begun).toBe(2);
  answers[1]!();
  await Promise.all([second, third]);
  expect(begun).toBe(2);
});

test('a reading that fails does not stop the next', async () => {
  let begun = 0;
  const read = inTurn(async () => {
    begun += 1;
    if (begun === 1) throw new Error('no contact');
  });
  const first = read();
  const second = read();
  await expect(first).rejects.toThrow('no contact');
  await second;
  expect(begun).toBe(2);
});

const one = (id: string, version: number, over = false) => ({ id, version, over });
const news = (...told: ReturnType<typeof one>[]) => new Map(told.map((t) => [t.id, t]));

test('what was told while a list was read is not taken back by the list', () => {
  const gone = (t: { over: boolean }) => t.over;
  expect(withNews([one('a', 1)], news(one('b', 1)), gone)).toEqual([one('a', 1), one('b', 1)]);
  expect(withNews([one('a', 1)], news(one('a', 2)), gone)).toEqual([one('a', 2)]);
  expect(withNews([one('a', 3)], news(one('a', 2)), gone)).toEqual([one('a', 3)]);
  expect(withNews([one('a', 1), one('b', 1)], news(one('a', 2, true)), gone)).toEqual([one('b', 1)]);
});
