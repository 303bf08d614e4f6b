// Live video of cameras that misbehave, in a real browser: what can be played is played, what
// cannot is shown as stills, and what does not move is called so.
//
//   node tests/browser/faults.mjs      GENGFU_BIN names the program, GENGFU_SHOTS=1 keeps pictures
//
// The last line says `N passed, N failed`. A complaint of any page is a failure.
import { startCentre } from './centre.mjs';
import { folder, makeFootage, until } from './demo.mjs';
import { Screen, faults, launch, words } from './screen.mjs';

const LIMIT_MS = 40_000;
const CAMERAS = [
  { id: 'plain', faults: [] },
  { id: 'reordered', faults: ['b-frames'] },
  { id: 'h265', faults: ['h265'] },
  { id: 'intra', faults: ['all-intra'] },
  { id: 'equal', faults: ['equal-stamps'] },
  { id: 'garbage', faults: ['garbage'] },
  { id: 'jumps', faults: ['jump=37600@6+12'] },
  { id: 'resized', faults: ['resize@12+600'] },
  { id: 'silent', faults: ['silence@12'] },
];

const steps = [];
const step = (name, run) => steps.push({ name, run });
const expect = (holds, what) => {
  if (!holds) throw new Error(what);
};
let browser, centre, wall;

const tiles = () =>
  wall.page.evaluate(() =>
    Object.fromEntries([...document.querySelectorAll('[data-test^="tile-"]')].map((tile) => {
      const live = tile.querySelector('.live');
      const video = tile.querySelector('video');
      const canvas = tile.querySelector('canvas');
      return [tile.dataset.test.slice('tile-'.length), {
        trust: live.dataset.trust, source: live.dataset.source, time: video.currentTime, width: video.videoWidth,
        still: canvas.width, said: live.querySelector('.flag')?.textContent ?? '',
      }];
    })));
const tile = async (id) => (await tiles())[id];

/** The tile plays video, and goes on for some seconds. */
async function plays(id, seconds = 3) {
  const first = await until(`video of ${id}`, LIMIT_MS, async () => {
    const now = await tile(id);
    return now?.source === 'video' && now.trust === 'live' && now.width > 0 && now;
  });
  await until(`${seconds} s of ${id}`, LIMIT_MS, async () => {
    const now = await tile(id);
    return now.trust === 'live' && now.time > first.time + seconds;
  });
}

step('a centre of such cameras starts', async () => {
  const dir = folder();
  const file = await makeFootage();
  browser = await launch();
  centre = await startCentre(dir, CAMERAS.map((camera) => ({ ...camera, file })), { wall: 'wall', ada: 'admin' });
  wall = await Screen.open(browser, centre, 'wall', { width: 1920, height: 1080 });
});

for (const id of ['plain', 'reordered', 'intra', 'equal']) step(`${id}: plays`, () => plays(id));
step('h265: stills, because this browser has no decoder', async () => {
  const can = await wall.page.evaluate(() => MediaSource.isTypeSupported('video/mp4; codecs="hev1.1.6.L93.B0"'));
  if (can) return plays('h265');
  await until('stills of h265', LIMIT_MS, async () => {
    const now = await tile('h265');
    return now.source === 'stills' && now.trust === 'live' && now.still > 0;
  });
});
step('garbage: is shown, as video or as stills', async () => {
  await until('a picture of garbage', LIMIT_MS, async () => (await tile('garbage'))?.trust === 'live');
});
step('resized: plays in its new size', async () => {
  const size = (await tile('plain')).width;
  await until('another size', LIMIT_MS, async () => {
    const now = await tile('resized');
    return now.width > 0 && now.width !== size && now.trust === 'live' && now.source === 'video';
  });
  await plays('resized');
});
step('jumps: plays after its stamps have jumped', async () => {
  await until('18 s', LIMIT_MS, async () => (await tile('plain')).time > 28);
  await plays('jumps');
});
step('silent: is not called live', async () => {
  await until('the silence', LIMIT_MS, async () => {
    const now = await tile('silent');
    return now.trust === 'frozen' && now.said !== '';
  });
});
step('the others play on', async () => {
  await wall.shot('wall-faults', ['tile-plain']);
  await plays('plain');
});
step('an administrator sees how the cameras are, and no picture', async () => {
  const ada = await Screen.open(browser, centre, 'ada');
  expect(new URL(ada.page.url()).pathname === '/cameras', ada.page.url());
  for (const { id } of CAMERAS) await ada.see(`camera-${id}`);
  await ada.click('camera-silent');
  await ada.say(words.zh['cameras.no_video']);
  expect((await ada.page.locator('video, canvas').count()) === 0, 'there is a picture');
  await ada.shot('cameras-admin', ['camera-silent']);
});
step('no page complained', async () => expect(faults.length === 0, faults.join('\n')));

let passed = 0;
let failed = 0;
for (const { name, run } of steps) {
  const begun = performance.now();
  try {
    await run();
    passed += 1;
    console.log(`ok      ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack ?? error}`);
    if (wall) console.log(JSON.stringify(await tiles().catch(String), null, 1));
    console.log(`complaints: ${faults.join('\n') || 'none'}`);
    if (!wall) break;
  }
}
await browser?.close();
await centre?.running.stop();
await centre?.server.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
