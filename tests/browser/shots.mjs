// Pictures of every page with real content: Chinese and English, on wall, laptop and phone.
//
//   node tests/browser/shots.mjs [NAME...]    into shots/pages; only the pages and sizes (uhd-size,
//                                             wall-size, laptop-size, phone-size) that are named
//
//   node tests/browser/shots.mjs readme       the three of the README, into deploy/pictures
//
// GENGFU_BIN names the program. A page that complains is named at the end.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDemo, top } from './demo.mjs';
import { SIZES, nobody, pages, prepare, show } from './pages.mjs';
import { faults, launch } from './screen.mjs';

/** What the README shows: name there, page, size. Photographs are small as JPEG only. */
const README = [['wall', 'wall', 'wall'], ['console', 'console-dispatch', 'laptop'], ['phone', 'phone-order', 'phone']];
const SMALL_BYTES = 150_000;
const named = process.argv.slice(2);
const shown = named.includes('readme');
const wanted = named.filter((name) => !name.endsWith('-size') && name !== 'readme');
const asked = named.filter((name) => name.endsWith('-size')).map((name) => name.slice(0, -'-size'.length));
const DESK = ['wall', 'laptop', 'phone'];
const sizesOf = ({ sizes = DESK }) => sizes.filter((size) => asked.length === 0 || asked.includes(size));
const folder = join(top, 'shots/pages');
mkdirSync(folder, { recursive: true });

/** As good as it can be below the size. */
async function picture(screen, file) {
  for (let quality = 85; quality >= 40; quality -= 5) {
    const bytes = await screen.page.screenshot({ type: 'jpeg', quality });
    if (bytes.length > SMALL_BYTES) continue;
    writeFileSync(file, bytes);
    return console.log(`ok      ${file}: ${bytes.length} bytes`);
  }
  throw new Error(`${file} is larger than ${SMALL_BYTES} bytes at any quality`);
}

async function readme(all, windows) {
  for (const [name, of, size] of README) {
    const page = all.find((one) => one.name === of);
    const screen = windows[page.who];
    await screen.page.setViewportSize(SIZES[size]);
    await show(screen, page, 'en');
    await picture(screen, join(top, 'deploy/pictures', `${name}.jpg`));
  }
}

const demo = await startDemo();
const browser = await launch();
let count = 0;
try {
  const made = await prepare(browser, demo);
  const windows = { ...made.people, nobody: await nobody(browser, demo) };
  if (shown) await readme(pages(made), windows);
  for (const page of pages(made)) {
    if ((shown || wanted.length > 0) && !wanted.includes(page.name)) continue;
    const screen = windows[page.who ?? 'nobody'];
    for (const size of sizesOf(page)) {
      await screen.page.setViewportSize(SIZES[size]);
      for (const lang of ['zh', 'en']) {
        await show(screen, page, lang).catch((error) => faults.push(`${page.name} ${size} ${lang}: ${error}`));
        await screen.page.screenshot({ path: join(folder, `${page.name}-${size}-${lang}.png`) });
        const over = await screen.overflow();
        if (over.x > 0) console.log(`wide    ${page.name} ${size} ${lang}: ${over.x} px`);
        count += 1;
      }
    }
    console.log(`ok      ${page.name}`);
  }
} finally {
  for (const fault of faults) console.log(`fault   ${fault}`);
  await browser.close();
  await demo.running.stop();
}
console.log(`${count} pictures in ${folder}`);
