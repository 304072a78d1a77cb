// usage: node ci/pages/check.mjs RELEASE_DIR [--shots DIR]
// Opens every HTML page of a release in headless Chromium, light and dark, 375 and 1280 pixels wide. Fails on a serious or critical finding of axe-core, where a
// page is wider than the screen, asks for anything but itself, runs a script, or names a file or a section that is not there. With --shots it leaves pictures of them.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [release, ...rest] = process.argv.slice(2);
const shots = rest[0] === '--shots' ? rest[1] : undefined;
if (!release || (rest.length > 0 && !shots) || !process.env.SOLIDATA_PAGES_MODULES) {
  console.error('usage: eval "$(ci/pages/browser.sh)" && node ci/pages/check.mjs RELEASE_DIR [--shots DIR]');
  process.exit(2);
}
const require = createRequire(join(process.env.SOLIDATA_PAGES_MODULES, 'here.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const folder = resolve(release, 'pages');
const pages = readdirSync(folder).filter((name) => name.endsWith('.html')).sort();
const findings = [];
const tell = (page, what) => findings.push(`${page}: ${what}`);
if (pages.length === 0) tell(folder, 'no HTML page');

const profile = mkdtempSync(join(tmpdir(), 'solidata-chromium-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.SOLIDATA_CHROMIUM,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const sections = new Map();
const links = new Map();
let rules = 0;
try {
  const page = await context.newPage();
  for (const name of pages) {
    const url = pathToFileURL(join(folder, name)).href;
    const asked = [];
    const listen = (request) => asked.push(request.url());
    page.on('request', listen);
    for (const scheme of ['light', 'dark']) {
      for (const width of [375, 1280]) {
        const at = `${name}, ${scheme}, ${width} px`;
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 900 });
        await page.goto(url);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (wide > 0) tell(at, `the page is ${wide} px wider than the screen`);
        await page.evaluate(axe);
        const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations', 'incomplete'] }));
        rules = Math.max(rules, result.passes.length);
        for (const found of result.violations) {
          const words = `axe ${found.id} (${found.impact}): ${found.help}: ${found.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`;
          if (found.impact === 'serious' || found.impact === 'critical') tell(at, words);
          else console.log(`note ${at}: ${words}`);
        }
        if (shots) {
          mkdirSync(shots, { recursive: true });
          await page.screenshot({ path: join(shots, `${name.replace('.html', '')}-${width}-${scheme}.png`), fullPage: true });
        }
      }
    }
    page.off('request', listen);
    const other = asked.filter((to) => to !== url && !to.startsWith('data:'));
    if (other.length > 0) tell(name, `asks for ${[...new Set(other)].join(', ')}`);
    const found = await page.evaluate(() => ({
      ids: [...document.querySelectorAll('[id]')].map((element) => element.id),
      links: [...document.querySelectorAll('a[href]')].map((element) => element.getAttribute('href')),
      scripts: document.scripts.length,
      lang: document.documentElement.lang,
    }));
    if (found.scripts > 0 || found.lang !== 'fr') tell(name, 'it has a script, or is not marked as French');
    if (new Set(found.ids).size !== found.ids.length) tell(name, 'an id is there twice');
    sections.set(name, new Set(found.ids));
    links.set(name, found.links);
  }
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}

let internal = 0;
for (const [name, hrefs] of links) {
  for (const href of hrefs.filter((href) => !/^(https?|mailto):/.test(href))) {
    internal += 1;
    const to = new URL(href, pathToFileURL(join(folder, name)));
    const path = fileURLToPath(new URL(to.pathname, 'file:///'));
    if (!path.startsWith(resolve(release))) tell(name, `${href} leads out of the release`);
    else if (!existsSync(path)) tell(name, `${href} is not there`);
    else if (to.hash && dirname(path) === folder && !sections.get(path.slice(folder.length + 1))?.has(decodeURIComponent(to.hash.slice(1)))) {
      tell(name, `${href}: no such section`);
    }
  }
}
for (const finding of findings) console.log(`FAIL ${finding}`);
if (findings.length === 0) console.log(`ok   ${pages.length} pages, light and dark, at 375 and 1280 px: ${rules} rules of axe-core, ${internal} internal links`);
process.exit(findings.length === 0 ? 0 : 1);
