// The demonstration as a process: started with a folder of its own on free ports, ended by its id.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = fileURLToPath(new URL('../..', import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(top, 'target');
/** The program under proof. */
export const program = process.env.GENGFU_BIN ?? join(target, 'debug/gengfu');

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** What `look` finds, as soon as it finds it; looks every 50 ms. */
export async function until(what, limit_ms, look) {
  const last = performance.now() + limit_ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > last) throw new Error(`not within ${limit_ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A running program; its output is kept. */
export class Program {
  said = '';
  exit = null;

  constructor(args, folder = top) {
    this.child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (data) => (this.said += data);
    this.child.stdout.on('data', keep);
    this.child.stderr.on('data', keep);
    this.child.on('error', (error) => (this.said += error));
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve((this.exit = code ?? 'killed'))));
    this.atExit = () => this.child.kill('SIGKILL');
    process.on('exit', this.atExit);
  }

  /** As a service manager ends it; gives the exit code. */
  async stop() {
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    const code = await this.ended;
    clearTimeout(late);
    process.off('exit', this.atExit);
    return code;
  }
}

/** Waits until the screens answer. */
export async function ready(running, base, limit_ms) {
  await until(`${base}/readyz`, limit_ms, async () => {
    if (running.exit !== null) throw new Error(`it ended with ${running.exit}:\n${running.said}`);
    return fetch(`${base}/readyz`).then((answer) => answer.ok, () => false);
  });
}

/** A folder that goes with this process. */
export function folder() {
  const made = mkdtempSync(join(tmpdir(), 'gengfu-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Scenes take a minute of a core to make; those of the same demonstration are taken over from the
 * test before. */
const scenes = join(target, 'tests-run', `scenes-${createHash('sha256').update(readFileSync(join(top, 'src/demo.rs'))).digest('hex').slice(0, 12)}`);
function takeScenes(data) {
  if (existsSync(scenes)) cpSync(scenes, join(data, 'scenes'), { recursive: true });
}
function keepScenes(data) {
  if (existsSync(scenes)) return;
  const part = `${scenes}.${process.pid}`;
  cpSync(join(data, 'scenes'), part, { recursive: true });
  renameSync(part, scenes);
}

/** Starts `gengfu demo`; gives its address, the broker's port and the first passwords by name. */
export async function startDemo(data = folder()) {
  const port = await freePort();
  const footage = process.env.GENGFU_VTEST ?? join(top, 'models/fetched/vtest.avi');
  takeScenes(data);
  const running = new Program(['demo', '--data', data, '--port', String(port), '--footage', footage]);
  const base = `http://127.0.0.1:${port}`;
  // The first start makes the footage.
  await ready(running, base, 300_000);
  keepScenes(data);
  const passwords = {};
  for (const [, password, name] of running.said.matchAll(/^ {2}(\S+) {2}.*\((\S+), \w+\)$/gm)) passwords[name] = password;
  const mqtt = Number(/^MQTT +127\.0\.0\.1:(\d+)/m.exec(running.said)?.[1]);
  return { running, data, base, port, mqtt, passwords };
}

/** An MP4 of the demonstration's first camera, made by starting it once. */
export async function makeFootage() {
  const demo = await startDemo();
  await demo.running.stop();
  return join(demo.data, 'scenes/east-square.mp4');
}
