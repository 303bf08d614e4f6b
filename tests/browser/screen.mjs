// A person's browser window. Anything that the page complains about is kept as a fault.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
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
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

const hook = (name) => `[data-test="${name}"]`;

export class Screen {
  /** Opens a window of this size and signs in. */
  static async open(browser, demo, name, size = { width: 1440, height: 900 }) {
    const phone = size.width < 600;
    const context = await browser.newContext({ viewport: size, locale: 'zh-CN', hasTouch: phone, isMobile: phone });
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
