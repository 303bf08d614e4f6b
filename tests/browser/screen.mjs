// A person's browser window. Anything that the page complains about is kept as a fault.
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { top } from './demo.mjs';

const require = createRequire(join(top, 'src/web/ui/package.json'));
const { chromium } = require('playwright-core');
/** The words of a language, as the screens have them. */
export const words = { zh: require('./shared/words/zh-CN.json'), en: require('./shared/words/en.json') };

/** Everything that any page complained about. */
export const faults = [];
const shots = process.env.GENGFU_SHOTS ? join(top, 'shots') : null;

export function launch() {
  return chromium.launch({
    executablePath: process.env.GENGFU_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server',
      // Pages that the test itself hands out count as from nowhere, and would be kept from loopback.
      ...(process.env.GENGFU_UI ? ['--disable-features=LocalNetworkAccessChecks'] : []),
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** With GENGFU_UI the screens come from that folder (src/web/ui/dist), not from inside the program:
 * a release build is then good for screens that are newer. Its headers, and so its policy, stay. */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
export async function dress(context) {
  const ui = process.env.GENGFU_UI;
  if (!ui) return;
  await context.route((url) => !/^\/(api|mqtt|readyz)/.test(url.pathname), async (route) => {
    const { pathname } = new URL(route.request().url());
    const name = pathname === '/' ? 'index' : pathname.slice(1);
    const file = [join(ui, `${name}.html`), join(ui, name)].find((one) => extname(one) && existsSync(one));
    if (!file) return route.continue();
    const { headers } = await route.fetch().then((response) => ({ headers: response.headers() }));
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    return route.fulfill({ path: file, status: 200, headers: { ...headers, 'content-type': type, 'content-length': undefined } });
  });
}

const hook = (name) => `[data-test="${name}"]`;

export class Screen {
  /** Opens a window of this size and signs in; its clock may be wrong. */
  static async open(browser, demo, name, size = { width: 1440, height: 900 }, skew_ms = 0) {
    const phone = size.width < 600;
    const context = await browser.newContext({ viewport: size, locale: 'zh-CN', hasTouch: phone, isMobile: phone });
    await dress(context);
    if (skew_ms !== 0) {
      await context.addInitScript((skew) => {
        const real = Date.now.bind(Date);
        Date.now = () => real() + skew;
      }, skew_ms);
    }
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('console', (line) => line.type() === 'error' && faults.push(`${name}: ${line.text()} ${line.location().url}`));
    page.on('pageerror', (error) => faults.push(`${name}: ${error.stack ?? error}`));
    const screen = new Screen(page, demo.base, name);
    await page.goto(`${demo.base}/login`);
    await screen.shot('login', phone ? ['login-send'] : []);
    await screen.fill('login-name', name);
    await screen.fill('login-password', demo.passwords[name]);
    await screen.click('login-send');
    await page.waitForURL((url) => url.pathname !== '/login' && url.pathname !== '/');
    return screen;
  }

  constructor(page, base, name) {
    Object.assign(this, { page, base, name });
  }

  go(path) { return this.page.goto(this.base + path); }
  at(name) { return this.page.locator(hook(name)).first(); }
  click(name) { return this.at(name).click(); }
  fill(name, text) { return this.at(name).fill(text); }
  see(name) { return this.at(name).waitFor({ state: 'visible' }); }
  gone(name) { return this.at(name).waitFor({ state: 'detached' }); }
  say(text) { return this.page.getByText(text, { exact: false }).first().waitFor({ state: 'visible' }); }
  /** The person's own request, with the session of this window. */
  api(path) { return this.page.evaluate((url) => fetch(url).then((answer) => answer.json()), `/api/v1/${path}`); }

  /** The same with a body; a refusal is thrown with its words. */
  post(path, body) {
    return this.page.evaluate(async ([url, text]) => {
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text });
      if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    }, [`/api/v1/${path}`, JSON.stringify(body)]);
  }

  /** How far the page could be scrolled, px. */
  overflow() {
    return this.page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return { x: scrollWidth - window.innerWidth, y: scrollHeight - window.innerHeight };
    });
  }

  /** The page in both languages, as files in shots/, if they are wished for. A page that is read
   * again shows its list; `opened` is clicked then. */
  async shot(name, hooks = [], opened = null) {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    for (const lang of ['en', 'zh']) {
      await this.page.evaluate((to) => localStorage.setItem('gengfu.lang', to), lang);
      await this.page.reload();
      for (const one of hooks) await this.see(one);
      if (opened) await this.click(opened);
      await this.page.waitForTimeout(1500);
      await this.page.screenshot({ path: join(shots, `${name}-${lang}.png`) });
    }
  }
}
