// Measured facts of a camera in words.
import { code, joined, w } from '../shared/lang.svelte';
import { duration } from '../shared/tell';
import type { CameraStatus, StreamStatus } from '../shared/wire';

/** The stream that is looked at: the small one, if there is one. */
export const looked = (camera: CameraStatus): StreamStatus | undefined =>
  camera.streams.find((s) => s.role === 'sub') ?? camera.streams[0];

export const codecName = (s: StreamStatus): string =>
  s.codec === null ? w('unit.none') : s.codec === 'h264' ? 'H.264' : 'H.265';

export const sizeText = (s: StreamStatus): string =>
  s.width_px === null || s.height_px === null ? '' : `${s.width_px}×${s.height_px}`;

export function rateText(s: StreamStatus): string {
  if (s.units === 0 || s.down !== null) return '';
  const fps = s.fps < 9.95 ? s.fps.toFixed(1) : Math.round(s.fps);
  const rate =
    s.kbit_per_s < 1000
      ? `${Math.round(s.kbit_per_s)} kbit/s`
      : `${(s.kbit_per_s / 1000).toFixed(1)} Mbit/s`;
  return joined([w('cameras.fps', { n: fps }), rate]);
}

export function modeText(s: StreamStatus): string {
  if (s.mode === 'full') return w('mode.full');
  return joined([w('mode.gated'), s.awake ? w('mode.awake') : w('mode.quiet')]);
}

export const whyText = (s: StreamStatus): string => code('mode_why', s.reason);

/** Of the pictures that came, how many were decoded. */
export const shareText = (s: StreamStatus): string =>
  s.units === 0
    ? w('unit.none')
    : w('cameras.share', { n: ((100 * s.decoded) / s.units).toFixed(s.decoded === s.units ? 0 : 1) });

export function clockText(ms: number | null): string {
  if (ms === null) return w('cameras.clock_none');
  // Below this the way through the network says more than the clock (guess, revisit).
  if (Math.abs(ms) < 200) return w('cameras.clock_right');
  const by = Math.abs(ms) < 90_000 ? w('unit.seconds', { n: (Math.abs(ms) / 1000).toFixed(1) }) : duration(Math.abs(ms));
  return w(ms > 0 ? 'cameras.clock_fast' : 'cameras.clock_slow', { by });
}

export function bytesText(bytes: number): string {
  if (bytes < 1e9) return `${Math.round(bytes / 1e6)} MB`;
  return bytes < 1e12 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e12).toFixed(2)} TB`;
}

/** Days with as many places as matter. */
export const daysFigure = (days: number): string =>
  days < 9.95 ? days.toFixed(1) : String(Math.round(days));
