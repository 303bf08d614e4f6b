// The score of a review: 100 * yes / (yes + no); what does not apply does not count.
import type { ReviewAnswer } from './wire';

export function reviewScore(answers: Iterable<ReviewAnswer>): number | null {
  let yes = 0;
  let no = 0;
  for (const answer of answers) {
    if (answer === 'yes') yes++;
    if (answer === 'no') no++;
  }
  return yes + no === 0 ? null : Math.round((100 * yes) / (yes + no));
}
