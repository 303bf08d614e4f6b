// What one 1080p camera costs by what happens in its picture: quiet, stirring, busy.
//
//   node tests/bench/cost.mjs VTEST.AVI     GENGFU_BIN names the program (a release build)
//
// Makes three films of 1080p25 at 4 Mbit/s with a key frame every 2 s in a scratch folder: a still of
// the square with a sensor's noise; the same with a branch that sways before it; the square itself, in
// which five people walk all the time. Then `gengfu bench ingest --objects` on each. The figure is the
// processor time of the whole daemon (receiving, recording, gate, decoding, motion, search) as a share
// of one core per camera. Prints one JSON object.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const top = resolve(import.meta.dirname, '../..');
const program = resolve(process.env.GENGFU_BIN ?? join(top, 'target/release/gengfu'));
const vtest = process.argv[2];
/** Length of each measurement and of the learning before it, s; cameras at once. */
const SECONDS = process.env.GENGFU_SECONDS ?? '60';
const SETTLE = process.env.GENGFU_SETTLE ?? '30';
const CAMERAS = process.env.GENGFU_CAMERAS ?? '2';

function stop(what) {
  console.error(`cost: ${what}`);
  process.exit(2);
}

if (!vtest || !existsSync(vtest)) stop('name vtest.avi (Debian package opencv-doc): node tests/bench/cost.mjs VTEST.AVI');
if (!existsSync(program)) stop(`${program} is not built; run cargo build --release, or set GENGFU_BIN`);

const folder = mkdtempSync(join(tmpdir(), 'gengfu-cost-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const ffmpeg = (...args) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
/** As cameras encode: a steady rate, a key frame every 2 s, no pictures out of order. */
const encoded = (name) => ['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '4M', '-maxrate', '4M', '-bufsize', '4M',
  '-g', '50', '-keyint_min', '50', '-sc_threshold', '0', '-bf', '0', '-pix_fmt', 'yuv420p', '-an', join(folder, name)];

const still = join(folder, 'still.png');
// A moment in which nobody crosses the lawn on the left, from which the branch is cut.
ffmpeg('-i', vtest, '-vf', 'scale=1920:1080', '-frames:v', '1', still);
const noise = 'noise=alls=5:allf=t';
ffmpeg('-loop', '1', '-framerate', '25', '-t', '60', '-i', still, '-vf', noise, ...encoded('quiet.mp4'));
const branch = "[0:v]split[a][b];[b]crop=260:200:60:760[leaf];[a][leaf]overlay=x='1240+50*sin(2.1*t)+20*sin(5.3*t)':y='80+12*sin(3.7*t)'";
ffmpeg('-loop', '1', '-framerate', '25', '-t', '60', '-i', still, '-filter_complex', `${branch},${noise}`, ...encoded('stirring.mp4'));
ffmpeg('-i', vtest, '-vf', `fps=25,scale=1920:1080,${noise}`, '-t', '60', ...encoded('busy.mp4'));

const told = JSON.parse(execFileSync(program, ['bench', 'ingest', '--json', '--objects', '--cameras', CAMERAS,
  '--seconds', SECONDS, '--settle', SETTLE, '--quiet-file', join(folder, 'quiet.mp4'),
  '--stirring-file', join(folder, 'stirring.mp4'), '--file', join(folder, 'busy.mp4')],
{ cwd: top, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
const rounded = (value) => Math.round(value * 1000) / 1000;
const states = told.runs.map((run) => [run.footage, {
  core: rounded(run.cpu_share), mib: rounded(run.rss_mib), decoded: run.figures.decoded, units: run.figures.units,
  shed: run.figures.frames_dropped,
}]);
console.log(JSON.stringify({ kind: 'cost', cores: told.cores, cameras: told.cameras, seconds: told.seconds, ...Object.fromEntries(states) }));
