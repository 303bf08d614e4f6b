// What the wall costs a browser, and how soon it tells the truth: bytes of script of its first view,
// the time until its tiles and its queue stand and until each tile is live, how long after the daemon
// has hung the lost contact is shown, and whether it is shown while nothing is wrong.
//
//   node tests/bench/wall.mjs        GENGFU_BIN names the program; needs Chromium
//
// Prints one JSON object. Views: GENGFU_VIEWS (default 10), hangs: GENGFU_HANGS (default 8), seconds
// in which nothing is wrong: GENGFU_SECONDS (default 60).
import { cpus } from 'node:os';
import { program, startDemo } from '../browser/demo.mjs';
import { SIZES } from '../browser/pages.mjs';
import { Screen, launch } from '../browser/screen.mjs';

const VIEWS = Number(process.env.GENGFU_VIEWS ?? 10);
const HANGS = Number(process.env.GENGFU_HANGS ?? 8);
const SECONDS = Number(process.env.GENGFU_SECONDS ?? 60);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** In the page: when what stands there stood first, ms since the address was asked for. */
function watch(cameras) {
  window.stood = {};
  const mark = (name, holds) => {
    if (!(name in window.stood) && holds()) window.stood[name] = performance.now();
  };
  const count = (what) => document.querySelectorAll(what).length;
  const look = () => {
    mark('tiles', () => count('[data-test^="tile-"]') >= cameras);
    mark('lists', () => count('aside .rows > *') > 1 && count('footer .figures b') > 1);
    mark('live', () => count('[data-test^="tile-"] [data-trust="live"]') >= cameras);
    mark('lost', () => count('[data-test="lost"]') > 0 && window.stood.tiles !== undefined);
    requestAnimationFrame(look);
  };
  look();
}

const figures = (all) => {
  const sorted = all.map(Math.round).sort((a, b) => a - b);
  return { least: sorted[0], half: sorted[Math.floor(sorted.length / 2)], most: sorted.at(-1) };
};

/** A wall in a browser that has nothing of it yet. */
async function open(browser, demo, state, cameras) {
  const context = await browser.newContext({ viewport: SIZES.wall, locale: 'zh-CN', storageState: state });
  const page = await context.newPage();
  const net = await context.newCDPSession(page);
  const wire = { script_bytes: 0, scripts: 0, all_bytes: 0 };
  const scripts = new Set();
  await net.send('Network.enable');
  net.on('Network.responseReceived', (told) => told.type === 'Script' && scripts.add(told.requestId));
  net.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    wire.all_bytes += encodedDataLength;
    if (!scripts.has(requestId)) return;
    wire.script_bytes += encodedDataLength;
    wire.scripts += 1;
  });
  await page.addInitScript(watch, cameras);
  await page.goto(`${demo.base}/wall`);
  return { context, page, wire };
}

async function views(browser, demo, state, cameras) {
  const seen = [];
  for (let n = 0; n < VIEWS; n++) {
    const { context, page, wire } = await open(browser, demo, state, cameras);
    await page.waitForFunction(() => window.stood.lists && window.stood.live, null, { timeout: 30_000 });
    seen.push({ ...(await page.evaluate(() => window.stood)), ...wire });
    await context.close();
  }
  const first = seen.map(({ tiles, lists }) => Math.max(tiles, lists));
  const { script_bytes, scripts, all_bytes } = seen[0];
  return { script_bytes, scripts, all_bytes, first_view_ms: figures(first), all_live_ms: figures(seen.map((one) => one.live)) };
}

/** The daemon is held still at all moments between two beats. */
async function hangs(page, demo) {
  const took = [];
  for (let n = 0; n < HANGS; n++) {
    await sleep(2000 + (1000 * n) / HANGS);
    demo.running.child.kill('SIGSTOP');
    const begun = performance.now();
    await page.locator('[data-test="lost"]').waitFor({ state: 'visible', timeout: 10_000 });
    took.push(performance.now() - begun);
    demo.running.child.kill('SIGCONT');
    await page.locator('[data-test="lost"]').waitFor({ state: 'detached', timeout: 20_000 });
  }
  return figures(took);
}

/** Nothing is wrong: how far apart beats come, and whether contact counts as lost. */
function calm(page) {
  return page.evaluate(async (ms) => {
    let last = performance.now();
    let longest = 0;
    const source = new EventSource('/api/v1/stream');
    source.addEventListener('beat', () => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    });
    await new Promise((resolve) => setTimeout(resolve, ms));
    source.close();
    return { longest_between_beats_ms: Math.round(longest), lost_shown: window.stood.lost !== undefined };
  }, SECONDS * 1000);
}

const demo = await startDemo();
const browser = await launch();
const result = { program, cores: cpus().length };
try {
  const { page } = await Screen.open(browser, demo, 'wall', SIZES.wall);
  const state = await page.context().storageState();
  const cameras = await page.evaluate(() => fetch('/api/v1/site').then((r) => r.json()).then((s) => s.cameras.length));
  await page.locator('[data-trust="live"]').nth(cameras - 1).waitFor();
  await page.context().close();
  Object.assign(result, { cameras, ...(await views(browser, demo, state, cameras)) });
  const wall = await open(browser, demo, state, cameras);
  await wall.page.locator('[data-trust="live"]').nth(cameras - 1).waitFor();
  Object.assign(result, { seconds: SECONDS, ...(await calm(wall.page)) });
  result.lost_after_ms = await hangs(wall.page, demo);
} finally {
  demo.running.child.kill('SIGCONT');
  await browser.close();
  await demo.running.stop();
}
console.log(JSON.stringify(result, null, 2));
process.exit(0);
