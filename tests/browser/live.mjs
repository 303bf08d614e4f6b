// Live video in a real browser: the wall plays H.264 of test cameras through MSE, tells how old its
// pictures are, and calls a camera that hangs frozen.
//
//   node tests/browser/live.mjs        GENGFU_BIN names the program, GENGFU_SHOTS=1 keeps pictures
//
// The last line says `N passed, N failed`. A complaint of any page is a failure.
import { startDemo, until } from './demo.mjs';
import { Screen, faults, launch, words } from './screen.mjs';

const steps = [];
const step = (name, run) => steps.push({ name, run });
const expect = (holds, what) => {
  if (!holds) throw new Error(what);
};
let demo, browser, wall, li;

/** What the tile of a camera shows. */
const tile = (id) =>
  wall.page.evaluate((name) => {
    const live = document.querySelector(`[data-test="tile-${name}"] .live`);
    const video = live?.querySelector('video');
    if (!live || !video) return null;
    const { currentTime, videoWidth, videoHeight, buffered } = video;
    const behind = buffered.length ? buffered.end(buffered.length - 1) - currentTime : null;
    const kept = buffered.length ? currentTime - buffered.start(0) : null;
    return { trust: live.dataset.trust, source: live.dataset.source, currentTime, videoWidth, videoHeight, behind, kept };
  }, id);

step('the demonstration starts', async () => {
  demo = await startDemo();
  browser = await launch();
  wall = await Screen.open(browser, demo, 'wall', { width: 1920, height: 1080 });
});

step('every tile plays H.264 video', async () => {
  const cameras = await wall.api('cameras');
  expect(cameras.length === 4, `${cameras.length} cameras`);
  for (const { id, streams } of cameras) {
    const before = await until(`video of ${id}`, 20_000, async () => {
      const now = await tile(id);
      return now?.trust === 'live' && now.source === 'video' && now.videoWidth > 0 && now;
    });
    const format = streams[0];
    if (format.width_px !== null) {
      expect(before.videoWidth === format.width_px && before.videoHeight === format.height_px,
        `${id}: ${before.videoWidth}x${before.videoHeight}, not ${format.width_px}x${format.height_px}`);
    }
    await until(`two seconds of ${id}`, 20_000, async () => (await tile(id)).currentTime > before.currentTime + 2);
    await until(`${id} near the newest picture`, 20_000, async () => {
      const { behind } = await tile(id);
      return behind !== null && behind < 1.5;
    });
  }
  await wall.shot('wall-video', [`tile-${cameras[0].id}`]);
});

step('the cameras page shows every camera and plays the one that is chosen', async () => {
  li = await Screen.open(browser, demo, 'li');
  await li.go('/cameras');
  for (const { id } of await li.api('cameras')) await li.see(`camera-${id}`);
  await li.click('camera-west-lawn');
  const playing = () => li.page.locator('section .live[data-trust="live"][data-source="video"]').count();
  await until('live video in the detail', 20_000, async () => (await playing()) === 1);
  await li.see('strip');
  await li.shot('cameras', ['strip']);
  await li.go('/cameras?lang=en');
  await li.say(words.en['cameras.sum_faults']);
});

step('no page complained', async () => expect(faults.length === 0, faults.join('\n')));

step('a wall without the daemon calls its pictures frozen', async () => {
  const code = await demo.running.stop();
  expect(code === 0, `it ended with ${code}:\n${demo.running.said.slice(-2000)}`);
  await until('frozen tiles', 20_000, async () => (await tile('east-square'))?.trust === 'frozen');
});

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
    console.log(`complaints: ${faults.join('\n') || 'none'}`);
    if (wall) console.log(JSON.stringify(await tile('east-square').catch((e) => String(e))));
    console.log(`the daemon's last words:\n${demo?.running.said.slice(-3000) ?? ''}`);
    break;
  }
}
await browser?.close();
await demo?.running.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
