// Every page of the screens with something on it: a demonstration whose people have worked a little.
// What waits, what is to be dispatched, what is in the field, what is to be reviewed and approved.
import { until } from './demo.mjs';
import { Screen, dress } from './screen.mjs';

export const SIZES = {
  uhd: { width: 3840, height: 2160 },
  wall: { width: 1920, height: 1080 },
  laptop: { width: 1366, height: 768 },
  phone: { width: 360, height: 640 },
};

const LIMIT_MS = 120_000;

async function wait(what, look) {
  return until(what, LIMIT_MS, look);
}

/** Does acts on a ticket in order, each on the version that the one before left. */
async function act(screen, id, ...acts) {
  let { ticket } = await screen.api(`tickets/${id}`);
  for (const one of acts) {
    ({ ticket } = await screen.post(`tickets/${id}/act`, { version: ticket.version, act: one }));
  }
  return ticket;
}

async function observe(screen, camera, category, severity, text) {
  const { ticket } = await screen.post('observations', { camera, category, severity, text });
  return ticket;
}

/** Accepts the order, arrives, and replies with a photo where `reply` is given. */
async function serve(chen, ticket, reply) {
  const mark = chen.at(`ticket-${ticket.number}`);
  await wait(`order ${ticket.number} on the phone`, async () =>
    (await mark.isVisible()) || (await chen.at('accept').isVisible()));
  if (await mark.isVisible()) await mark.click();
  await chen.click('accept');
  if (!reply) return;
  await chen.click('arrived');
  await chen.click('reply-open');
  await chen.click('disposition-resolved_on_scene');
  await chen.fill('reply-text', reply);
  const buffer = await chen.page.screenshot({ type: 'jpeg' });
  await chen.at('photo-input').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
  await chen.see('photo');
  await chen.click('reply-send');
}

const WEEK_MS = 7 * 86_400_000;
const monday = (at) => {
  const day = new Date(at + 8 * 3_600_000);
  return at - ((day.getUTCDay() + 6) % 7) * 86_400_000;
};
const dates = (ahead) => {
  const first = monday(Date.now()) + ahead * WEEK_MS;
  return [0, 1, 2, 3, 4, 5, 6].map((n) =>
    new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Shanghai' }).format(first + n * 86_400_000));
};

/** A roster with a gap of ten minutes on one day, as a draft: what the page says of it. */
function roster() {
  const rows = dates(3).flatMap((date, n) => [
    `${date},duty,${n === 2 ? '08:10' : '08:00'},20:00,li`, `${date},duty,20:00,08:00,wang`,
    `${date},standby,00:00,24:00,zhao`, `${date},patrol,08:00,18:00,chen`]);
  return ['date,line,from,until,account', ...rows].join('\n');
}

/** People with windows of their own, and tickets in every state. */
export async function prepare(browser, demo) {
  const open = (name, size) => Screen.open(browser, demo, name, size);
  const people = {
    wall: await open('wall', SIZES.wall), li: await open('li'), wang: await open('wang'),
    zhao: await open('zhao'), director: await open('director'), chen: await open('chen', SIZES.phone),
  };
  const { li, wang, zhao, chen } = people;
  for (const one of [li, wang, zhao]) await one.post('duty/sign-on', { via: 'console' });
  await chen.post('duty/sign-on', { via: 'phone' });
  await chen.see('net-on');
  const seen = await wait('an observation of a rule', async () => {
    const open_tickets = await li.api('tickets?view=open');
    return open_tickets.find((t) => t.source === 'video_alarm' && t.snapshot);
  });
  await act(li, seen.id, { type: 'claim' }, { type: 'confirm' });
  const order = { type: 'dispatch', member: 'chen' };
  const classify = (t, category, severity) =>
    ({ type: 'classify', category, severity, place: t.place, reason: '' });
  const done = await observe(wang, 'north-walk', 'other', 'S3', '步道长椅损坏，木条翘起。');
  await send(li, done, classify(done, 'other', 'S3'), order);
  await serve(chen, done, '已到现场，长椅已用警示带围住，报物业维修。');
  await wait('the reply', async () => (await wang.api(`tickets/${done.id}`)).ticket.state === 'handled');
  await act(wang, done.id, { type: 'check_pass', note: '' });
  await chen.go('/phone');
  const field = await observe(wang, 'fire-lane', 'fire_lane_blocked', 'S2', '消防通道停有面包车。');
  await send(li, field, classify(field, 'fire_lane_blocked', 'S2'), order);
  await serve(chen, field);
  await observe(wang, 'west-lawn', 'suspicious_situation', 'S3', '草坪边有人翻看住户窗户。');
  await zhao.post('roster/drafts', { form: 'csv', text: roster() });
  await li.post('handovers', {});
  const { rules = [] } = await li.api('rules/quality');
  const rule = rules[0];
  if (rule) {
    await li.post('rules/requests', { camera: rule.camera, rule: rule.rule, kind: 'shelve', minutes: 60, reason: '施工队在此作业到下午。' });
  }
  return { people, seen, done, field };
}

/** Sends out what was observed by hand, whatever of it is still to be said. */
async function send(screen, ticket, ...acts) {
  const { acts: may } = await screen.api(`tickets/${ticket.id}`);
  const first = may.includes('claim') ? [{ type: 'claim' }] : [];
  const verdict = may.includes('confirm') || may.includes('claim') ? [{ type: 'confirm' }] : [];
  await act(screen, ticket.id, ...first, ...verdict, ...acts);
}

/** Every page: who opens it, where, what must be there before it counts as shown, and in which
 * sizes it is looked at. */
export function pages({ seen, done, field }) {
  const month = dates(0)[0].slice(0, 7);
  return [
    { name: 'login', who: null, path: '/login', see: 'login-send' },
    { name: 'wall', who: 'wall', path: '/wall', see: 'tile-east-square', sizes: ['uhd', 'wall', 'laptop'] },
    { name: 'console', who: 'li', path: '/console', see: 'subject' },
    { name: 'console-dispatch', who: 'li', path: `/console?ticket=${seen.id}`, see: 'dispatch' },
    { name: 'console-field', who: 'li', path: `/console?ticket=${field.id}`, see: 'subject' },
    { name: 'replay', who: 'li', path: `/replay?ticket=${seen.id}`, see: 'film' },
    { name: 'handover', who: 'li', path: '/handover', see: 'paper' },
    { name: 'duty', who: 'zhao', path: '/duty', see: 'strip-duty' },
    { name: 'rules', who: 'zhao', path: '/rules', see: null },
    { name: 'policy', who: 'director', path: '/policy', see: null },
    { name: 'review', who: 'zhao', path: '/review', see: null },
    { name: 'review-form', who: 'zhao', path: `/review?ticket=${done.id}`, see: null },
    { name: 'report', who: 'zhao', path: '/report', see: null },
    { name: 'report-month', who: 'zhao', path: '/report', see: `month-${month}`, click: `month-${month}` },
    { name: 'inbox', who: 'zhao', path: '/inbox', see: 'decide-rule' },
    { name: 'footage', who: 'li', path: `/footage?camera=east-square&at_ms=${Date.now() - 15_000}`, see: 'lane-east-square' },
    { name: 'setup', who: 'li', path: '/setup', see: 'setup-picture' },
    { name: 'round', who: 'li', path: '/console', see: 'round-open', click: 'round-open' },
    { name: 'cameras', who: 'li', path: '/cameras', see: 'camera-east-square' },
    { name: 'phone', who: 'chen', path: '/phone', see: `ticket-${field.number}`, sizes: ['phone'] },
    { name: 'phone-order', who: 'chen', path: '/phone', see: `ticket-${field.number}`, click: `ticket-${field.number}`, sizes: ['phone'] },
  ];
}

/** Pictures and lists that are read after the page are there by then. */
const SETTLE_MS = 1500;

/** Shows one page in one language; the window keeps its size. */
export async function show(screen, page, lang, settle_ms = SETTLE_MS) {
  const mark = page.path.includes('?') ? '&' : '?';
  await screen.go(`${page.path}${mark}lang=${lang}`);
  if (page.see) await screen.see(page.see);
  if (page.click) await screen.click(page.click);
  await screen.page.waitForTimeout(settle_ms);
}

/** A window without a person. */
export async function nobody(browser, demo) {
  const context = await browser.newContext({ viewport: SIZES.laptop, locale: 'zh-CN' });
  await dress(context);
  return new Screen(await context.newPage(), demo.base, 'nobody');
}
