// Glass to glass: from the moment a test camera sends a picture to the moment a browser shows it on
// the wall. Every picture carries its number in black and white fields; a plain RTSP client beside
// the daemon hears when it is sent, the page reads the number off the pixels that are on the screen.
//
//   node tests/bench/glass.mjs        GENGFU_BIN names the program; needs ffmpeg and Chromium
//
// Prints one JSON object. Seconds measured: GENGFU_SECONDS (default 30).
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { Program, folder, freePort, program, ready, top, until } from '../browser/demo.mjs';
import { Screen, launch } from '../browser/screen.mjs';

const SECONDS = Number(process.env.GENGFU_SECONDS ?? 30);
const LIMIT_MS = 60_000;
/** Pictures of a group; numbers are read modulo it, so nothing above 2 s can be told apart. */
const GROUP = 50;
const FPS = 25;
const BITS = 6;
const FIELD = 60;
const wall_ms = () => performance.timeOrigin + performance.now();

/** 1080p25, 4 Mbit/s, a key frame every 2 s: the stream of the design's measurements. */
function footage(file) {
  const field = (bit) =>
    `drawbox=x=${40 + bit * FIELD}:y=40:w=${FIELD}:h=${FIELD}:t=fill:color=white:enable='mod(floor(mod(n\\,${GROUP})/${2 ** bit})\\,2)'`;
  const black = `drawbox=x=20:y=20:w=${BITS * FIELD + 40}:h=${FIELD + 40}:t=fill:color=black`;
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=1920x1080:rate=${FPS}:duration=10`,
    '-vf', [black, ...[...Array(BITS).keys()].map(field)].join(','), '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0',
    '-g', String(GROUP), '-keyint_min', String(GROUP), '-sc_threshold', '0', '-b:v', '4M', '-maxrate', '4M', '-bufsize', '4M',
    '-pix_fmt', 'yuv420p', file]);
  return file;
}

/** Hears the camera: notes when the first packet of each picture comes, by number in its group. */
class Ear {
  sent = [];
  stamp = null;
  rest = Buffer.alloc(0);

  async listen(address, name) {
    const [host, port] = address.split(':');
    this.url = `rtsp://${address}/${name}`;
    this.socket = connect(Number(port), host);
    this.socket.setNoDelay(true);
    this.socket.on('data', (data) => this.hear(data));
    await this.ask('DESCRIBE', this.url, 'Accept: application/sdp\r\n');
    const setup = await this.ask('SETUP', `${this.url}/stream=0`, 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n');
    const session = /Session: *([^;\r]+)/i.exec(setup)[1];
    await this.ask('PLAY', this.url, `Session: ${session}\r\nRange: npt=0-\r\n`);
  }

  ask(method, url, headers) {
    this.number = (this.number ?? 0) + 1;
    this.socket.write(`${method} ${url} RTSP/1.0\r\nCSeq: ${this.number}\r\n${headers}\r\n`);
    return new Promise((resolve) => (this.answered = resolve));
  }

  hear(data) {
    const now = wall_ms();
    this.rest = Buffer.concat([this.rest, data]);
    while (this.rest.length >= 4) {
      if (this.rest[0] === 0x24) {
        const length = this.rest.readUInt16BE(2);
        if (this.rest.length < 4 + length) return;
        if (this.rest[1] === 0) this.packet(this.rest.subarray(4, 4 + length), now);
        this.rest = this.rest.subarray(4 + length);
        continue;
      }
      const end = this.rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.rest.subarray(0, end).toString();
      const body = Number(/Content-Length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (this.rest.length < end + 4 + body) return;
      this.rest = this.rest.subarray(end + 4 + body);
      this.answered?.(head);
    }
  }

  packet(packet, now) {
    const stamp = packet.readUInt32BE(4);
    if (stamp !== this.stamp) {
      const before = this.sent.at(-1);
      this.sent.push({ place: before ? before.place + 1 : NaN, at: now });
    }
    this.stamp = stamp;
    // Some packet of a key frame has the parameter set or the picture itself.
    const type = packet[12] & 0x1f;
    const inside = type === 24 ? packet[15] & 0x1f : type === 28 ? packet[13] & 0x1f : type;
    if (inside === 7 || inside === 5) this.sent.at(-1).place = 0;
  }
}

/** In the page: the number on the pixels of every picture that is shown, and when. */
function readPictures({ bits, field }) {
  window.seen = [];
  const canvas = new OffscreenCanvas(bits, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const watch = (video) => {
    const shown = (now, frame) => {
      for (let bit = 0; bit < bits; bit += 1) {
        context.drawImage(video, 40 + bit * field + field / 2, 40 + field / 2, 1, 1, bit, 0, 1, 1);
      }
      const { data } = context.getImageData(0, 0, bits, 1);
      const place = [...Array(bits).keys()].reduce((sum, bit) => sum + (data[bit * 4] > 127 ? 2 ** bit : 0), 0);
      window.seen.push({ place, at: performance.timeOrigin + Math.max(now, frame.expectedDisplayTime) });
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
  };
  watch(document.querySelector('[data-test="tile-glass"] video'));
}

function figures(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]);
  return { n: sorted.length, min_ms: at(0), p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: at(1) };
}

async function command(args) {
  const run = new Program(args);
  const code = await run.ended;
  if (code !== 0) throw new Error(`${args.join(' ')}: ${run.said}`);
  return run.said;
}

async function startCentre(dir) {
  const cameras = new Program(['testcam', '--listen', '127.0.0.1:0', `glass=${footage(join(dir, 'glass.mp4'))}`]);
  const address = await until('the camera', LIMIT_MS, () => /^rtsp:\/\/(\S+)\/glass$/m.exec(cameras.said)?.[1]);
  const ports = { web: await freePort(), mqtt: await freePort() };
  const models = join(top, 'models');
  const config = join(dir, 'site.toml');
  writeFileSync(config, `[site]\nid = "glass"\n[data]\ndir = "${dir}/data"\nmin_free_mib = 16\n[detect]\nmodels = "${models}"\n`
    + `runtime = "${models}/runtime/libonnxruntime.so"\n[mqtt]\nlisten = "127.0.0.1:${ports.mqtt}"\n`
    + `[web]\nlisten = "127.0.0.1:${ports.web}"\n[[camera]]\nid = "glass"\nname = "glass"\nplace = "glass"\nurl = "rtsp://${address}/glass"\n`);
  const said = await command(['user', 'add', 'wall', '--role', 'wall', '--config', config]);
  const running = new Program(['run', '--config', config]);
  const base = `http://127.0.0.1:${ports.web}`;
  await ready(running, base, LIMIT_MS);
  return { cameras, address, running, base, passwords: { wall: /first password (\S+)/.exec(said)[1] } };
}

/** When the picture was sent: the latest one with its number before it was seen. */
function delays(sent, seen) {
  return seen.flatMap(({ place, at }) => {
    const from = sent.findLast((one) => one.place === place && one.at <= at);
    return from ? [at - from.at] : [];
  });
}

const dir = folder();
const browser = await launch();
const centre = await startCentre(dir);
const ear = new Ear();
const result = { program, cores: cpus().length, stream: '1920x1080, 25 fps, 4 Mbit/s' };
try {
  const screen = await Screen.open(browser, centre, 'wall', { width: 1920, height: 1080 });
  const begun = performance.now();
  await screen.page.locator('[data-trust="live"][data-source="video"]').waitFor();
  result.opened_to_live_ms = Math.round(performance.now() - begun);
  await ear.listen(centre.address, 'glass');
  await until('the camera heard', LIMIT_MS, () => ear.sent.some((one) => one.place === 0));
  await screen.page.evaluate(readPictures, { bits: BITS, field: FIELD });
  const seen = () => screen.page.evaluate(() => window.seen);
  const first = (await until('the first picture', LIMIT_MS, async () => (await seen()).length && seen()))[0].at;
  const all = await until(`${SECONDS} s of pictures`, SECONDS * 1000 + LIMIT_MS, async () => {
    const list = await seen();
    return list.at(-1).at - first > SECONDS * 1000 && list;
  });
  const measured = all.filter((one) => one.at - first > 2_000);
  result.camera_to_screen = figures(delays(ear.sent, measured));
  result.shown_per_s = Math.round((10 * measured.length) / (SECONDS - 2)) / 10;
  const buffered = await screen.page.evaluate(() => {
    const video = document.querySelector('[data-test="tile-glass"] video');
    return video.buffered.end(video.buffered.length - 1) - video.currentTime;
  });
  result.behind_newest_ms = Math.round(buffered * 1000);
} finally {
  await browser.close();
  ear.socket?.destroy();
  await centre.running.stop();
  await centre.cameras.stop();
}
console.log(JSON.stringify(result, null, 2));
process.exit(0);
