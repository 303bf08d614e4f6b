// How well what is not normal is found: frame-level AUC on UCSD Ped2, learnt from its train clips only.
//
//   node tests/bench/anomaly.mjs FOLDER     GENGFU_BIN names the program (a release build)
//
// FOLDER holds train/*.mp4, test/*.mp4 and test/labels.csv (clip,frames,abnormal_first,abnormal_last;
// frames count from 1). Micro AUC: all frames of all clips in one list, scores as they are, nothing
// normalised per clip. Also tells processor time per frame and which clips raised an event. Prints
// one JSON object; exit 1 when a figure falls short of what the README says.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const top = resolve(import.meta.dirname, '../..');
const program = resolve(process.env.GENGFU_BIN ?? join(top, 'target/release/gengfu'));
const folder = process.argv[2];
/** What must be reached; the README tells what is. */
const LEAST = { causal: 0.975, lagged: 0.985, frames_per_s: 25 };

function stop(what) {
  console.error(`anomaly: ${what}`);
  process.exit(2);
}

if (!folder) stop('name the folder of the footage: node tests/bench/anomaly.mjs FOLDER');
if (!existsSync(join(folder, 'test/labels.csv'))) {
  stop(`no footage: ${folder} holds no test/labels.csv; it should hold UCSD Ped2 as train/*.mp4 and test/*.mp4`);
}
if (!existsSync(program)) stop(`${program} is not built; run cargo build --release, or set GENGFU_BIN`);

const clips = (part) => readdirSync(join(folder, part)).filter((name) => name.endsWith('.mp4')).sort().map((name) => join(folder, part, name));
const run = (args) => execFileSync(program, args, { cwd: top, maxBuffer: 1 << 30, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** The probability that an abnormal frame scores higher than a normal one; equal ones count half. */
function auc(rows, score) {
  const sorted = rows.map((row) => ({ abnormal: row.abnormal, value: row[score] })).sort((a, b) => a.value - b.value);
  let [ranks, below] = [0, 0];
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (to < sorted.length && sorted[to].value === sorted[from].value) to += 1;
    const abnormal = sorted.slice(from, to).filter((row) => row.abnormal).length;
    ranks += abnormal * (below + (to - from - abnormal) / 2);
    below += to - from - abnormal;
    from = to;
  }
  return ranks / below / (sorted.length - below);
}

const labels = readFileSync(join(folder, 'test/labels.csv'), 'utf8').trim().split('\n').slice(1).map((line) => {
  const [clip, frames, first, last] = line.split(',');
  return { clip, frames: Number(frames), first: Number(first), last: Number(last) };
});
const scratch = mkdtempSync(join(tmpdir(), 'anomaly-'));
try {
  const normal = join(scratch, 'ped2.normal');
  const learnt = run(['learn', ...clips('train'), '--out', normal]).trim();
  const rows = [];
  const alarms = {};
  let summary;
  for (const text of run(['analyze', ...clips('test'), '--model', normal, '--full-decode', '--json']).trim().split('\n')) {
    const line = JSON.parse(text);
    const clip = line.file?.match(/([^/]+)\.mp4$/)[1];
    const label = labels.find((one) => one.clip === clip);
    if (line.kind === 'summary') summary = line;
    if (line.kind === 'event') (alarms[clip] ??= []).push(`${line.t_ms} ms: ${line.reason}`);
    if (line.kind !== 'frame') continue;
    if (!label) stop(`test/labels.csv has no line for clip ${clip}`);
    const number = line.index + 1;
    rows.push({ abnormal: number >= label.first && number <= label.last, lagged: line.anomaly, causal: line.anomaly_causal });
  }
  const figures = {
    frames: rows.length,
    abnormal: rows.filter((row) => row.abnormal).length,
    causal: auc(rows, 'causal'),
    lagged: auc(rows, 'lagged'),
    processor_ms_per_frame: (summary.processor_s * 1000) / rows.length,
    frames_per_s: rows.length / summary.processor_s,
  };
  const short = Object.entries(LEAST).filter(([name, least]) => figures[name] < least).map(([name, least]) => `${name} is below ${least}`);
  console.log(JSON.stringify({ learnt, ...figures, alarms, short }, null, 2));
  process.exitCode = short.length > 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true });
}
