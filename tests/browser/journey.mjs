// One ticket through the screens, as people click it: operator, patrol member's phone, second
// operator, shift leader, report, wall. Real program, real browser, real broker.
//
//   node tests/browser/journey.mjs        GENGFU_BIN names the program, GENGFU_SHOTS=1 keeps pictures
//
// The last line says `N passed, N failed`. A complaint of any page is a failure.
import { startDemo, until } from './demo.mjs';
import { Screen, faults, launch, words } from './screen.mjs';

const steps = [];
const step = (name, run) => steps.push({ name, run });
const expect = (holds, what) => {
  if (!holds) throw new Error(what);
};
// What the steps hand on.
let demo, browser, li, chen, wang, zhao, wall, ticket, mark;

step('the demonstration starts', async () => {
  demo = await startDemo();
  for (const name of ['li', 'wang', 'zhao', 'wall', 'chen']) expect(demo.passwords[name], `no password of ${name}`);
  browser = await launch();
});

step('the operator signs in and sees the first observation', async () => {
  li = await Screen.open(browser, demo, 'li');
  await until('an observation of the fence', 60_000, async () => {
    const open = await li.api('tickets?view=open');
    ticket = open.find((t) => t.camera === 'east-square' && t.snapshot);
    return ticket;
  });
  mark = `ticket-${ticket.number}`;
  await li.click(mark);
  await li.see('subject');
  await li.shot('console', [mark]);
});

step('one click shows over its clip why the rule fired', async () => {
  const replay = await until('clip and trace', 60_000, async () => {
    const found = await li.api(`tickets/${ticket.id}/replay`);
    return found.clip && found.trace_state === 'complete' && found;
  });
  const searched = replay.trace.looks.filter((look) => look.searched).length;
  expect(searched > 10, `${searched} looks searched in ${replay.trace.looks.length}`);
  await li.click('replay');
  await li.see('film');
  await li.click('to-firing');
  await li.see('drawn-zone');
  await li.see('drawn-fired');
  await li.say('\u00b10.0');
  await li.page.keyboard.press('ArrowLeft');
  await li.page.getByText('\u00b10.0').first().waitFor({ state: 'detached' });
  await li.page.keyboard.press('h');
  expect((await li.at('slow').getAttribute('aria-pressed')) === 'true', 'half speed is not on');
  await li.page.keyboard.press('k');
  const played = () => li.page.evaluate(() => document.querySelector('video').currentTime);
  const before = await played();
  await until('the clip plays on', 10_000, async () => (await played()) > before + 0.2);
  await li.shot('replay', ['film'], 'to-firing');
  await li.page.keyboard.press('Escape');
  await li.see('subject');
});

step('the phone is connected', async () => {
  chen = await Screen.open(browser, demo, 'chen', { width: 390, height: 844 });
  expect(new URL(chen.page.url()).pathname === '/phone', chen.page.url());
  await chen.see('net-on');
  await chen.shot('phone-list', ['net-on']);
});

step('the operator confirms, classifies and dispatches', async () => {
  await li.click('confirm');
  await li.see('dispatch');
  await li.shot('console-dispatch', ['dispatch']);
  await li.click('category-intrusion');
  await li.click('severity-S2');
  await li.click('candidate-chen');
  await li.click('dispatch');
  await li.gone('dispatch');
});

step('the order comes to the phone over MQTT and is accepted', async () => {
  await chen.see('accept');
  await chen.say(words.zh['category.intrusion']);
  await chen.shot('phone-order', ['accept']);
  await chen.click('accept');
  await chen.see('arrived');
  await chen.shot('phone-way', ['net-on'], mark);
  await chen.click('arrived');
  await chen.see('reply-open');
});

step('the member replies with text and photo', async () => {
  await chen.click('reply-open');
  await chen.click('disposition-resolved_on_scene');
  await chen.fill('reply-text', '已到现场，人已劝离，围栏完好。');
  const buffer = await chen.page.screenshot({ type: 'jpeg' });
  await chen.at('photo-input').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
  await chen.see('photo');
  await chen.click('reply-send');
  await until('the reply at the centre', 20_000, async () => {
    const { ticket: now } = await li.api(`tickets/${ticket.id}`);
    return now.state === 'handled';
  });
  await chen.gone('reply-send');
  await chen.shot('phone-replied', ['net-on']);
});

step('who confirmed it cannot check it, the other operator can', async () => {
  await li.click(mark);
  await li.see('reply-said');
  expect((await li.page.locator('[data-test="check-pass"]').count()) === 0, 'the verifier is offered the check');
  wang = await Screen.open(browser, demo, 'wang');
  await wang.click(mark);
  await wang.see('check-pass');
  await wang.shot('console-check', ['check-pass']);
  await wang.click('check-pass');
  await wang.gone('check-pass');
  const { ticket: now } = await wang.api(`tickets/${ticket.id}`);
  expect(now.state === 'closed', `it is ${now.state}`);
});

step('the shift leader scores it', async () => {
  zhao = await Screen.open(browser, demo, 'zhao');
  await zhao.go('/review');
  await zhao.click(mark);
  const { codes } = await zhao.api('site');
  await zhao.shot('review', [`review-item-${codes.review_items[0]}-yes`]);
  await zhao.click(mark);
  for (const item of codes.review_items) await zhao.click(`review-item-${item}-yes`);
  expect((await zhao.at('score').textContent()).trim() === '100', 'the score before sending is not 100');
  await zhao.click('review-send');
  await zhao.gone('review-send');
  expect((await zhao.at('score').textContent()).trim() === '100', 'the score is not 100');
  const { ticket: now } = await zhao.api(`tickets/${ticket.id}`);
  expect(now.score === 100, `the daemon's score is ${now.score}`);
});

step('the week has the ticket', async () => {
  await zhao.go('/report');
  await zhao.page.locator('[data-test^="week-"]').first().click();
  const page = zhao.page.frameLocator('iframe');
  await page.locator(`a[href*="${ticket.id}"]`).first().waitFor({ state: 'attached' });
  await zhao.shot('report', ['report-print']);
});

step('the wall is live and fits 1920x1080', async () => {
  wall = await Screen.open(browser, demo, 'wall', { width: 1920, height: 1080 });
  const { cameras } = await wall.api('site');
  expect(cameras.length === 4, `${cameras.length} cameras`);
  for (const { id } of cameras) {
    const dead = () => wall.page.locator(`[data-test="tile-${id}"].bad`).count();
    await wall.see(`tile-${id}`);
    // A tile is `bad` when its picture is older than 3 s or its camera is not live.
    await until(`a live picture of ${id}`, 20_000, async () => (await dead()) === 0);
  }
  const over = await wall.overflow();
  expect(over.x <= 0 && over.y <= 0, `it can be scrolled: ${JSON.stringify(over)}`);
  await wall.shot('wall', ['tile-east-square']);
});

step('every page speaks English when asked', async () => {
  await li.click('language');
  await li.say(words.en['console.manual']);
  await wall.go('/wall?lang=en');
  await wall.say(words.en['wall.in_work']);
  await zhao.go('/review?lang=en');
  await zhao.say(words.en['review.to_review']);
  await zhao.go('/report?lang=en');
  await zhao.say(words.en['report.weeks']);
  await chen.go('/phone?lang=en');
  await chen.say(words.en['phone.connected']);
});

step('no page complained', async () => expect(faults.length === 0, faults.join('\n')));

step('the demonstration ends in peace', async () => {
  await browser.close();
  browser = null;
  const code = await demo.running.stop();
  expect(code === 0, `it ended with ${code}:\n${demo.running.said.slice(-2000)}`);
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
    console.log(`the daemon's last words:\n${demo?.running.said.slice(-3000) ?? ''}`);
    break;
  }
}
await browser?.close();
await demo?.running.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
