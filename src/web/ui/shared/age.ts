// Age of a picture in words.
import { w } from './lang.svelte';

/** One decimal below ten seconds, whole seconds above. */
export const ageFigure = (ms: number): string =>
  ms < 9950 ? (Math.max(0, ms) / 1000).toFixed(1) : String(Math.round(ms / 1000));
export const ageText = (ms: number): string => w('unit.ago', { n: ageFigure(ms) });
