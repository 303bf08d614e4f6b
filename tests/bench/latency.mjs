// How long people wait, measured from outside:
//   wall     from the frame in which a rule fired to the observation in the wall's page
//   order    from the dispatch request to the order at a stock MQTT client
//   restart  from a second `gengfu demo` to the first live tile
//
//   node tests/bench/latency.mjs [wall|order|restart]...     GENGFU_BIN names the program
//
// Prints one JSON object. Rounds: GENGFU_ROUNDS (default 100).
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { Program, folder, freePort, program, ready, startDemo, top, until } from '../browser/demo.mjs';
import { Screen, launch } from '../browser/screen.mjs';

const ROUNDS = Number(process.env.GENGFU_ROUNDS ?? 100);
const asked = process.argv.slice(2);
const wanted = (name) => asked.length === 0 || asked.includes(name);
const now = () => performance.timeOrigin + performance.now();
/** The latest that a row may be waited for, ms. */
const LIMIT_MS = 60_000;

function figures(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] * 10) / 10;
  return { n: sorted.length, p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: at(1) };
}

/** Requests of one person, by cookie. */
class Client {
  static async signIn(base, name, password) {
    const answer = await fetch(`${base}/api/v1/login`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password }),
    });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return Object.assign(new Client(), { base, cookie: answer.headers.get('set-cookie').split(';')[0] });
  }

  async get(path) {
    const answer = await fetch(`${this.base}/api/v1/${path}`, { headers: { cookie: this.cookie } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async act(id, version, act) {
    const answer = await fetch(`${this.base}/api/v1/tickets/${id}/act`, {
      method: 'POST', headers: { cookie: this.cookie, 'content-type': 'application/json' }, body: JSON.stringify({ version, act }),
    });
    if (!answer.ok) throw new Error(`${act.type}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

// ---- a centre of three cameras whose people cross many zones ---------------------------------------

/** Columns of the picture, each a zone with a rule of its own: more crossings, more events. */
const ZONES = 4;

function site(dir, ports, cameras) {
  const models = join(top, 'models');
  const strip = (i) => `{ id = "z${i}", name = "区${i}", polygon = [[${i / ZONES}, 0.0], [${(i + 1) / ZONES}, 0.0], [${(i + 1) / ZONES}, 1.0], [${i / ZONES}, 1.0]] }`;
  const rule = (i) => `{ id = "r${i}", name = "规则${i}", zone = "z${i}", classes = ["person"], dwell_ms = 400, coalesce_ms = 1000 }`;
  const all = [...Array(ZONES).keys()];
  const camera = (id) => `[[camera]]\nid = "${id}"\nname = "${id}"\nplace = "${id}"\nurl = "rtsp://${cameras}/${id}"\n`
    + `zone = [${all.map(strip).join(', ')}]\nrule = [${all.map(rule).join(', ')}]\n`;
  const file = join(dir, 'site.toml');
  writeFileSync(file, `[site]\nid = "demo"\n[data]\ndir = "${dir}/data"\nmin_free_mib = 16\n[detect]\nmodels = "${models}"\n`
    + `runtime = "${models}/runtime/libonnxruntime.so"\n[event]\npre_roll_s = 1\npost_roll_s = 1\n`
    + `[mqtt]\nlisten = "127.0.0.1:${ports.mqtt}"\n[web]\nlisten = "127.0.0.1:${ports.web}"\n${['c1', 'c2', 'c3'].map(camera).join('')}`);
  return file;
}

async function command(args) {
  const run = new Program(args);
  const code = await run.ended;
  if (code !== 0) throw new Error(`${args.join(' ')}: ${run.said}`);
  return run.said;
}

/** The demonstration's footage of the square, the centre's own daemon beside it. */
async function startCentre(footage) {
  const dir = folder();
  const server = new Program(['testcam', '--listen', '127.0.0.1:0', ...['c1', 'c2', 'c3'].map((id) => `${id}=${footage}`)]);
  const address = await until('the cameras', LIMIT_MS, () => /^rtsp:\/\/(\S+)\/c3$/m.exec(server.said)?.[1]);
  const ports = { web: await freePort(), mqtt: await freePort() };
  const config = site(dir, ports, address);
  const passwords = {};
  for (const [name, role] of [['li', 'operator'], ['wall', 'wall']]) {
    const said = await command(['user', 'add', name, '--role', role, '--config', config]);
    passwords[name] = /first password (\S+)/.exec(said)[1];
  }
  const [from, to] = [new Date(Date.now() - 60_000), new Date(Date.now() + 7_200_000)].map((t) => t.toISOString());
  await command(['shift', 'add', 'li', '--line', 'duty', '--from', from, '--to', to, '--config', config]);
  const running = new Program(['run', '--config', config]);
  const base = `http://127.0.0.1:${ports.web}`;
  await ready(running, base, LIMIT_MS);
  return { running, server, base, passwords };
}

// ---- the three measurements ------------------------------------------------------------------------

/** Notes in the page when a row of an observation is first there, after the frame that paints it. */
function noteRows() {
  window.rows = {};
  const look = () => {
    for (const row of document.querySelectorAll('[data-test^="ticket-"]')) {
      const number = row.dataset.test.slice('ticket-'.length);
      if (window.rows[number]) continue;
      window.rows[number] = Date.now();
    }
  };
  document.addEventListener('DOMContentLoaded', () =>
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-test'] }));
}

async function wallLatency(browser, footage) {
  const centre = await startCentre(footage);
  const screen = await Screen.open(browser, centre, 'wall', { width: 1920, height: 1080 });
  await screen.page.addInitScript(noteRows);
  await screen.go('/wall');
  const li = await Client.signIn(centre.base, 'li', centre.passwords.li);
  const [total, filed, hidden] = [[], [], []];
  const done = new Set();
  // The wall shows three waiting observations and counts the rest: only those it can show are measured.
  await until(`${ROUNDS} observations on the wall`, ROUNDS * 6_000, async () => {
    const open = (await li.get('tickets?view=open')).sort((a, b) => a.number - b.number);
    const rows = await screen.page.evaluate(() => window.rows);
    for (const [place, ticket] of open.entries()) {
      if (done.has(ticket.id)) continue;
      const crowded = place >= 3;
      if (!rows[ticket.number] && !crowded) continue;
      done.add(ticket.id);
      const detail = await li.get(`tickets/${ticket.id}`);
      if (crowded) hidden.push(ticket.number);
      else {
        total.push(rows[ticket.number] - detail.at_ms);
        filed.push(detail.log[0].at_ms - detail.at_ms);
      }
      await li.act(ticket.id, detail.ticket.version, { type: 'claim' })
        .then((d) => li.act(ticket.id, d.ticket.version, { type: 'false_alarm', reason: 'rule_wrong', note: '' }));
    }
    return total.length >= ROUNDS;
  });
  const cameras = await li.get('cameras');
  await screen.page.context().close();
  await centre.running.stop();
  await centre.server.stop();
  return { frame_to_wall: figures(total), frame_to_ticket: figures(filed), not_shown: hidden.length,
    fps: cameras.map((camera) => camera.fps), frames_dropped: cameras.map((camera) => camera.frames_dropped) };
}

/** Every line of a stock client, with the moment it came. */
function listen(demo, name) {
  const args = ['-h', '127.0.0.1', '-p', String(demo.mqtt), '-u', name, '-P', demo.passwords[name], '-i', name,
    '-q', '1', '-c', '-d', '-F', '%U %p', '-t', `gengfu/demo/patrol/${name}/order`];
  const child = spawn('stdbuf', ['-oL', 'mosquitto_sub', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill());
  const heard = { subscribed: false, orders: {}, stop: () => child.kill() };
  let rest = '';
  child.stdout.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('Subscribed')) heard.subscribed = true;
      const found = /^(\d+\.\d+) (\{.*\})$/.exec(line);
      if (!found) continue;
      const message = JSON.parse(found[2]);
      if (message.type === 'order') heard.orders[message.body.offer] = Number(found[1]) * 1000;
    }
  });
  return heard;
}

async function orderLatency(demo) {
  const li = await Client.signIn(demo.base, 'li', demo.passwords.li);
  const heard = listen(demo, 'chen');
  await until('the stock client', LIMIT_MS, () => heard.subscribed);
  const { id } = await until('an observation', LIMIT_MS, async () => (await li.get('tickets?view=open')).find((t) => t.snapshot));
  let detail = await li.get(`tickets/${id}`);
  const act = async (wish) => (detail = await li.act(id, detail.ticket.version, wish));
  await act({ type: 'claim' });
  await act({ type: 'confirm' });
  await act({ type: 'classify', category: 'intrusion', severity: 'S2', place: '东广场' });
  const [arrived, answered] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = now();
    await act({ type: 'dispatch', member: 'chen' });
    answered.push(now() - begun);
    const offer = detail.ticket.offer;
    const at = await until(`order ${round}`, LIMIT_MS, () => heard.orders[offer]);
    arrived.push(at - begun);
    detail = await li.get(`tickets/${id}`);
    await act({ type: 'withdraw', reason: '再派' });
  }
  heard.stop();
  return { request_to_phone: figures(arrived), request_to_answer: figures(answered) };
}

/** Until a tile of the wall has a picture younger than 3 s; the wall's session is kept. */
async function restartLatency(browser, demo) {
  const screen = await Screen.open(browser, demo, 'wall', { width: 1920, height: 1080 });
  await demo.running.stop();
  const begun = now();
  const footage = process.env.GENGFU_VTEST ?? join(top, 'models/fetched/vtest.avi');
  const again = new Program(['demo', '--data', demo.data, '--port', String(demo.port), '--footage', footage]);
  await ready(again, demo.base, LIMIT_MS);
  const answers_ms = Math.round(now() - begun);
  await screen.go('/wall');
  await screen.page.locator('[data-test^="tile-"]:not(.bad)').first().waitFor();
  const first_tile_ms = Math.round(now() - begun);
  await until('all tiles', LIMIT_MS, async () => (await screen.page.locator('[data-test^="tile-"]:not(.bad)').count()) === 4);
  const all_tiles_ms = Math.round(now() - begun);
  await screen.page.context().close();
  demo.running = again;
  return { answers_ms, first_tile_ms, all_tiles_ms };
}

const browser = await launch();
const result = { program, cores: cpus().length, rounds: ROUNDS };
try {
  const demo = await startDemo();
  if (wanted('order')) result.order = await orderLatency(demo);
  if (wanted('restart')) result.restart = await restartLatency(browser, demo);
  await demo.running.stop();
  if (wanted('wall')) result.wall = await wallLatency(browser, join(demo.data, 'scenes/east-square.mp4'));
} finally {
  await browser.close();
}
console.log(JSON.stringify(result, null, 2));
process.exit(0);
