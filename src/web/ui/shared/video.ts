// Live video of one camera: the daemon's fragments through a WebSocket into the browser's own
// player (MSE). Plays close behind the newest picture, says which picture is on the screen and when
// the daemon saw it, and starts anew after whatever goes wrong. Who cannot play it uses stills.
import { videoUrl } from './api';
import { advise, Distance, type Range } from './buffer';
import { Sameness } from './judge';
import { parseVideo, Pictures, type VideoHead } from './reel';

export type StreamRole = 'main' | 'sub';

export interface VideoEvents {
  /** A picture is on the screen. */
  shown(captured_ms: number, repeated: boolean): void;
  size(width_px: number, height_px: number): void;
  /** It cannot be played here, and trying again would not help. */
  unplayable(codec: string): void;
}

export const canPlay = (codec: string): boolean =>
  typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported(mime(codec));
const mime = (codec: string) => `video/mp4; codecs="${codec}"`;

const FIRST_WAIT_MS = 500;
// A broken camera or a daemon that starts again is back within this (guess, revisit).
const LONGEST_WAIT_MS = 10_000;
// Bytes that wait for the browser: beyond this it is stuck (a hidden page) and starts anew.
const WAITING_MOST = 24_000_000;
const KEEP_UP_MS = 200;

export class LiveVideo {
  private socket: WebSocket | null = null;
  private source: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private codec = '';
  private waiting: Uint8Array<ArrayBuffer>[] = [];
  private waitingBytes = 0;
  private wait = FIRST_WAIT_MS;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly clock: ReturnType<typeof setInterval>;
  private readonly pictures = new Pictures();
  private readonly distance = new Distance();
  private sameness = new Sameness();
  private repeated = false;
  private moving = false;
  private stopped = false;
  private url = '';

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly camera: string,
    private readonly stream: StreamRole,
    private readonly events: VideoEvents,
  ) {
    video.muted = true;
    video.addEventListener('error', this.again);
    video.addEventListener('waiting', this.dry);
    this.clock = setInterval(() => this.keepUp(), KEEP_UP_MS);
    this.open();
    this.watch();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.clock);
    clearTimeout(this.retry);
    this.video.removeEventListener('error', this.again);
    this.video.removeEventListener('waiting', this.dry);
    this.close();
  }

  private open(): void {
    const socket = new WebSocket(videoUrl(this.camera, this.stream));
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => {
      if (typeof event.data === 'string') this.announced(event.data);
      else this.take(event.data);
    };
    socket.onclose = () => this.socket === socket && this.again();
    this.socket = socket;
  }

  private close(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.detach();
  }

  private detach(): void {
    this.buffer = null;
    this.source = null;
    this.waiting = [];
    this.waitingBytes = 0;
    this.pictures.clear();
    this.moving = false;
    if (!this.url) return;
    URL.revokeObjectURL(this.url);
    this.url = '';
    this.video.removeAttribute('src');
    this.video.load();
  }

  /** Everything anew after a while. */
  private readonly again = (): void => {
    if (this.stopped || (!this.socket && this.retry !== undefined)) return;
    this.close();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.open();
    }, this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  };

  private readonly dry = (): void => {
    if (this.moving) this.distance.dry();
    this.moving = false;
  };

  private announced(text: string): void {
    const head = JSON.parse(text) as Partial<VideoHead>;
    if (!head.codec) return;
    if (!canPlay(head.codec)) {
      this.stop();
      this.events.unplayable(head.codec);
      return;
    }
    this.events.size(head.width_px ?? 16, head.height_px ?? 9);
    this.sameness = new Sameness();
    if (this.codec !== head.codec) this.detach();
    this.codec = head.codec;
    if (!this.source) this.attach(head.codec);
  }

  private attach(codec: string): void {
    const source = new MediaSource();
    source.onsourceopen = () => {
      if (this.source !== source) return;
      this.buffer = source.addSourceBuffer(mime(codec));
      this.buffer.onupdateend = () => this.pump();
      this.pump();
    };
    this.source = source;
    this.url = URL.createObjectURL(source);
    this.video.src = this.url;
  }

  private take(data: ArrayBuffer): void {
    const message = parseVideo(data);
    if (!message) return;
    if (message.kind === 'picture') {
      const { picture } = message;
      if (picture.key) this.repeated = this.sameness.key(picture.same);
      this.pictures.add(picture);
      this.distance.picture(picture.end - picture.start);
    }
    this.waiting.push(message.bytes);
    this.waitingBytes += message.bytes.byteLength;
    if (this.waitingBytes > WAITING_MOST) this.again();
    else this.pump();
  }

  private pump(): void {
    const buffer = this.buffer;
    if (!buffer || buffer.updating || this.waiting.length === 0) return;
    const bytes = this.waiting.length === 1 ? this.waiting[0]! : joinBytes(this.waiting);
    this.waiting = [];
    this.waitingBytes = 0;
    try {
      buffer.appendBuffer(bytes);
    } catch {
      // Full or closed by the browser: a new player has neither fault.
      this.again();
    }
  }

  private keepUp(): void {
    const { video, buffer } = this;
    if (!buffer || buffer.updating || video.error) return;
    const ranges: Range[] = [];
    for (let i = 0; i < video.buffered.length; i += 1) {
      ranges.push([video.buffered.start(i), video.buffered.end(i)]);
    }
    const { target } = this.distance;
    const reserve = { at: video.currentTime, ranges, keys: this.pictures.keys(), target };
    const { seek, rate, trim } = advise(reserve);
    if (seek !== null && !video.seeking) video.currentTime = seek;
    if (video.playbackRate !== rate) video.playbackRate = rate;
    // Refused while the page has not been shown yet; the next round asks again.
    if (video.paused && ranges.length > 0) void video.play().catch(() => undefined);
    if (this.moving) this.distance.calm(KEEP_UP_MS / 1000);
    if (trim !== null) buffer.remove(0, trim);
  }

  /** Says what is on the screen, picture by picture. */
  private watch(): void {
    const { video } = this;
    const shown = (_: number, frame: { mediaTime: number }) => {
      if (this.stopped) return;
      const picture = this.pictures.at(frame.mediaTime);
      if (picture) {
        this.moving = true;
        this.wait = FIRST_WAIT_MS;
        this.events.shown(picture.captured_ms, this.repeated);
      }
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
  }
}

function joinBytes(parts: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
