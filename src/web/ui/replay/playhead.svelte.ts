// The moment that is looked at. A clip carries it where there is one, otherwise it runs by itself,
// so that what was seen can be looked at without a picture.
import type { Film } from '../shared/wire';
import { clipTimeOf, momentOf, type Span } from './trace';

const SLOW = 0.5;

export class Playhead {
  at = $state(0);
  playing = $state(false);
  slow = $state(false);
  duration_s = $state<number | null>(null);
  span: Span = { from: 0, to: 0 };
  private video: HTMLVideoElement | null = null;
  private film: Film | null = null;
  private turn = 0;
  private before = 0;

  /** Takes a clip whose length is known; gives the way to let it go. */
  take(video: HTMLVideoElement, film: Film): void {
    this.video = video;
    this.film = film;
    this.duration_s = Number.isFinite(video.duration) ? video.duration : null;
    video.playbackRate = this.slow ? SLOW : 1;
  }

  leave(): void {
    this.pause();
    this.video = null;
    this.film = null;
    this.duration_s = null;
  }

  /** A picture is on the screen: its own time is the truth. */
  shown(media_s: number): void {
    if (this.film && this.playing) this.at = momentOf(media_s, this.film);
  }

  seek(ms: number): void {
    this.at = Math.min(Math.max(ms, this.span.from), this.span.to);
    if (this.video && this.film && this.duration_s !== null) {
      // A hair past the edge of a picture, or the one before is shown.
      const s = clipTimeOf(this.at, this.film, this.duration_s) + 0.001;
      this.video.currentTime = Math.min(s, this.duration_s);
    }
  }

  play(): void {
    if (this.at >= this.span.to - 20) this.seek(this.span.from);
    this.playing = true;
    if (this.video) {
      // Refused by the browser: it stays where it is, and the button says so.
      void this.video.play().catch(() => (this.playing = false));
      return;
    }
    this.before = performance.now();
    this.turn = requestAnimationFrame((now) => this.run(now));
  }

  pause(): void {
    this.playing = false;
    cancelAnimationFrame(this.turn);
    this.video?.pause();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  setSlow(slow: boolean): void {
    this.slow = slow;
    if (this.video) this.video.playbackRate = slow ? SLOW : 1;
  }

  private run(now: number): void {
    if (!this.playing) return;
    this.at += (now - this.before) * (this.slow ? SLOW : 1);
    this.before = now;
    if (this.at >= this.span.to) {
      this.at = this.span.to;
      this.playing = false;
    } else this.turn = requestAnimationFrame((next) => this.run(next));
  }
}
