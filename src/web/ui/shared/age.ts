// Age of a picture in words. A picture older than 3 s does not count as live.
import { w } from './lang.svelte';

export const STALE_AFTER_MS = 3000;

/** One decimal below ten seconds, whole seconds above. */
export const ageFigure = (ms: number): string =>
  ms < 9950 ? (Math.max(0, ms) / 1000).toFixed(1) : String(Math.round(ms / 1000));
export const ageText = (ms: number): string => w('unit.ago', { n: ageFigure(ms) });
