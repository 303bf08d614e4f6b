import { expect, test } from 'vitest';
import { clipAround, pieceAt, pieces, sums } from '../shared/strip';

const S = 1000;
/** `f0-60` is footage from 0 s to 60 s; `g60-70:stalled` a gap; `?` comes back for what nobody knows. */
function check(words: string, expected: string): void {
  const stretch = (word: string) => {
    const [, from, to] = /(\d+)-(\d+)/.exec(word)!;
    return { start_ms: Number(from) * S, end_ms: Number(to) * S };
  };
  const all = words.split(' ').filter((word) => word !== '');
  const segments = all.filter((word) => word.startsWith('f')).map(stretch);
  const gaps = all
    .filter((word) => word.startsWith('g'))
    .map((word) => ({ ...stretch(word), cause: word.split(':')[1]!, detail: null }));
  const found = pieces({ segments, gaps }, 0, 1000 * S).map((p) => {
    const letter = { footage: 'f', gap: 'g', planned: 'p', unknown: '?' }[p.kind];
    return `${letter}${p.from_ms / S}-${p.to_ms / S}${p.cause ? `:${p.cause}` : ''}`;
  });
  expect(found.join(' ')).toBe(expected);
}
test('files that touch are one stretch', () => {
  check('f0-60 f60-120 f121-1000', 'f0-1000');
  check('f60-120 f0-60', 'f0-120 ?120-1000');
});
test('a gap stands between, a plan is no failure', () => {
  check('f0-60 g60-70:stalled f70-1000', 'f0-60 g60-70:stalled f70-1000');
  check('g0-900:not_recorded f900-1000', 'p0-900:not_recorded f900-1000');
  check('g0-500:before_recording g500-600:deleted f600-1000', '?0-500:before_recording p500-600:deleted f600-1000');
  check('f0-990 g990-1000:being_written', 'f0-990 f990-1000:being_written');
  check('g0-500:stalled g500-1000:disk_full', 'g0-500:stalled g500-1000:disk_full');
});
test('what the index does not say is said', () => {
  check('', '?0-1000');
  check('f100-200', '?0-100 f100-200 ?200-1000');
});
test('what overlaps or reaches beyond is cut', () => {
  check('f0-100 f50-60 g90-120:lost f110-2000', 'f0-100 g100-120:lost f120-1000');
});
test('sums count footage and failures', () => {
  const gaps = [
    { start_ms: 60 * S, end_ms: 70 * S, cause: 'lost', detail: null },
    { start_ms: 80 * S, end_ms: 100 * S, cause: 'daemon_stopped', detail: null },
  ];
  const segments = [{ start_ms: 0, end_ms: 60 * S }];
  const all = pieces({ segments, gaps }, 0, 100 * S);
  expect(sums(all)).toEqual({ footage_ms: 60 * S, gap_ms: 10 * S, gaps: 1 });
  expect(pieceAt(all, 65 * S)?.cause).toBe('lost');
  expect(pieceAt(all, 100 * S)).toBeNull();
});
test('a clip begins before its moment and ends in time', () => {
  expect(clipAround(100 * S, 900 * S)).toEqual({ from_ms: 90 * S, to_ms: 150 * S });
  expect(clipAround(100 * S, 101 * S)).toEqual({ from_ms: 90 * S, to_ms: 101 * S });
});
