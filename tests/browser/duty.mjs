// Duty through the screens, as people click it: nobody there, signing on, a roster with a gap and one
// without, a swap, and a hand-over signed by two. Real program, real browser.
//
//   node tests/browser/duty.mjs        GENGFU_BIN names the program, GENGFU_SHOTS=1 keeps pictures
//
// The last line says `N passed, N failed`. A complaint of any page is a failure.
import { startDemo, until } from './demo.mjs';
import { Screen, faults, launch } from './screen.mjs';

const steps = [];
const step = (name, run) => steps.push({ name, run });
const expect = (holds, what) => {
  if (!holds) throw new Error(what);
};
const DAY_MS = 86_400_000;
/** A day of the demonstration's zone, so many days from now. */
const day = (ahead) =>
  new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Shanghai' }).format(Date.now() + ahead * DAY_MS);
/** Beyond the fortnight that the demonstration draws up: a Monday to a Sunday. */
const first = 21 + ((8 - new Date(Date.now() + 8 * 3_600_000 + 21 * DAY_MS).getUTCDay()) % 7);
const week = (late) => {
  const rows = [0, 1, 2, 3, 4, 5, 6].flatMap((n) => {
    const date = day(first + n);
    const begin = n === 0 ? [`${date},duty,00:00,08:00,wang`] : [];
    return [...begin, `${date},duty,${n === 2 ? late : '08:00'},20:00,li`, `${date},duty,20:00,08:00,wang`,
      `${date},standby,00:00,24:00,zhao`, `${date},patrol,08:00,18:00,chen`, `${date},patrol,12:00,22:00,zhou`];
  });
  return ['date,line,from,until,account', ...rows].join('\n');
};
const csv = (text) => ({ name: 'week.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });

let demo, browser, wall, li, wang, zhao, chen;

step('an observation without anybody on duty is told on the wall', async () => {
  demo = await startDemo();
  browser = await launch();
  wall = await Screen.open(browser, demo, 'wall', { width: 1920, height: 1080 });
  await wall.at('wall-unattended').waitFor({ state: 'visible', timeout: 60_000 });
  const { unattended } = await wall.api('duty/desk');
  expect(unattended.told.every((one) => one.whom.join() === 'zhao'), JSON.stringify(unattended));
  const over = await wall.overflow();
  expect(over.x <= 0 && over.y <= 0, `the wall overflows by ${JSON.stringify(over)}`);
  await wall.shot('duty-wall-nobody', ['wall-unattended']);
});

step('signing on ends it', async () => {
  li = await Screen.open(browser, demo, 'li');
  await li.see('unattended');
  await li.shot('duty-console-nobody', ['sign-on']);
  await li.click('sign-on');
  await li.see('signed-on');
  await li.gone('unattended');
  await wall.gone('wall-unattended');
  await wall.shot('duty-wall', ['wall-duty']);
  await li.shot('duty-console', ['signed-on']);
});

step('nobody leaves without relief and without a word', async () => {
  await li.click('signed-on');
  await li.click('sign-off');
  await li.see('duty-wrong');
  await li.see('duty-reason');
});

step('the phone signs on too', async () => {
  chen = await Screen.open(browser, demo, 'chen', { width: 390, height: 844 });
  await chen.see('sign-on');
  await chen.shot('duty-phone', ['sign-on']);
  await chen.click('sign-on');
  await chen.gone('sign-on');
});

step('a roster with a gap of two minutes is not published', async () => {
  zhao = await Screen.open(browser, demo, 'zhao');
  await zhao.go('/duty');
  await zhao.at('roster-file').setInputFiles(csv(week('08:02')));
  await zhao.see('fault-roster_gap');
  await zhao.say('08:00–08:02');
  expect(await zhao.at('publish').isDisabled(), 'a gap can be published');
});

step('without the gap it holds', async () => {
  await zhao.at('roster-file').setInputFiles(csv(week('08:00')));
  await zhao.gone('fault-roster_gap');
  await zhao.click('publish');
  await zhao.gone('publish');
  const { rosters } = await zhao.api(`roster?from_ms=${Date.now()}&until_ms=${Date.now() + DAY_MS}`);
  expect(rosters[0].version === 1 && rosters[1].version === null, JSON.stringify(rosters));
  await zhao.shot('duty-roster', ['strip-duty']);
});

step('a turn is swapped by two and a third', async () => {
  wang = await Screen.open(browser, demo, 'wang');
  await wang.click('sign-on');
  await wang.see('signed-on');
  const chosen = async (screen) => {
    await screen.go('/duty');
    await screen.see('strip-duty');
    const weeks = Math.round((Date.parse(`${day(first)}T00:00:00+08:00`) - Date.now()) / (7 * DAY_MS) + 0.5);
    for (let n = 0; n < weeks; n++) {
      await screen.click('next-week');
      await screen.page.waitForTimeout(400);
    }
  };
  await chosen(li);
  await li.page.locator('[data-test="strip-duty"] button', { hasText: '王芳' }).nth(2).click();
  await li.fill('swap-reason', '家中有事');
  await li.click('swap-ask');
  await li.see('swap-asked');
  await wang.go('/duty');
  await wang.click('swap-agree');
  await wang.see('swap-agreed');
  await zhao.go('/duty');
  await zhao.click('swap-approve');
  await zhao.see('swap-approved');
  await zhao.shot('duty-swap', ['swap-approved']);
});

step('the machine writes the hand-over, and both sign it', async () => {
  await li.go('/handover');
  await li.click('handover-write');
  await li.see('paper');
  // Causes first, where the cameras were away long enough to need one.
  for (const one of await li.page.locator('[data-test="outage-open"] input').all()) await one.check();
  if (await li.at('cause-enter').isVisible()) {
    await li.page.locator('input[name="cause"][value="planned"]').check();
    await li.click('cause-enter');
    await li.gone('outage-open');
    await li.click('handover-write');
  }
  await li.fill('handover-remarks', '东门钥匙在抽屉里。');
  await li.click('handover-sign');
  await li.say('等待接班人');
  await wang.go('/handover');
  await wang.see('handover-sign');
  await wang.shot('handover-half', ['paper']);
  await wang.click('handover-sign');
  await wang.gone('handover-sign');
  const { handovers } = await wang.api('handovers');
  expect(handovers[0].outgoing.by === 'li' && handovers[0].incoming.by === 'wang', JSON.stringify(handovers[0]));
  await wang.shot('handover', ['paper']);
});

step('now the outgoing may go', async () => {
  await li.go('/console');
  await li.click('signed-on');
  await li.click('sign-off');
  await li.see('duty-reason');
  await li.fill('duty-reason', '已交班');
  await li.click('sign-off');
  await li.see('sign-on');
});

let passed = 0;
let failed = 0;
for (const { name, run } of steps) {
  try {
    await run();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${error.stack ?? error}`);
    break;
  }
}
// The refusal that a step asks for is no complaint.
for (const fault of faults.filter((one) => !one.includes('/duty/sign-off'))) {
  failed += 1;
  console.log(`FAIL a page complained: ${fault}`);
}
await browser?.close();
const code = await demo?.running.stop();
if (code !== 0) {
  failed += 1;
  console.log(`FAIL the demonstration ended with ${code}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
