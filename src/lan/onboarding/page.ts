/** The pages that lead a device to the app. They need no script but for the check. */
import { createHash } from "node:crypto";
import { escapeHtml } from "../../proxy/own/pages.js";
import { drawScreen } from "./picture.js";
import { type Step, SYSTEM_NAMES, type SystemName, systemsFor } from "./systems.js";

export interface Guide {
  /** How people call the app: the name on the network, or the address. */
  readonly title: string;
  /** Where the page's own files are: "/TOKEN". */
  readonly base: string;
  /** The image that only a device sees which trusts the certificate. */
  readonly check: string;
  /** Pairs this browser and goes on to the app. */
  readonly app: string;
  /** How the owner recognises the authority. */
  readonly authority: string;
  /** SHA-256, as the terminal shows it. */
  readonly fingerprint: string;
  /** When the page goes. */
  readonly expires: Date;
}

const SCRIPT = `
const image = document.getElementById("check");
const verdict = document.getElementById("verdict");
const source = image.src;
const say = (trusted) => {
  document.body.className = trusted ? "trusted" : "untrusted";
  verdict.textContent = trusted
    ? "This device trusts the certificate. Go on to the app."
    : "Not trusted yet. This page looks again by itself.";
};
image.onload = () => say(true);
image.onerror = () => {
  say(false);
  setTimeout(() => { image.src = source + "?" + Date.now(); }, 2000);
};
if (image.complete && image.naturalWidth > 0) say(true);
else image.src = source + "?" + Date.now();
`;

const STYLE = `
:root { color-scheme: light dark; --ink: #1c1c1e; --dim: #5a5a60; --paper: #fff; --card: #f2f2f7; --line: #c9c9d0; --mark: #0a5bd3; --on: #1a7f37; --button: #0a5bd3 }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f7; --dim: #a5a5ad; --paper: #111113; --card: #1f1f23; --line: #48484f; --mark: #6cb0ff; --on: #3fb950; --button: #2b6fdd } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 34rem; padding: 1rem; font: 17px/1.45 system-ui, -apple-system, sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere }
h1 { font-size: 1.35rem; line-height: 1.2; margin: .2rem 0 .6rem } h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem }
nav { display: flex; flex-wrap: wrap; gap: .4rem; margin: .8rem 0 1.2rem }
nav a { padding: .3rem .7rem; border-radius: 1rem; background: var(--card); color: inherit; text-decoration: none; font-size: .9rem }
nav a[aria-current] { background: var(--ink); color: var(--paper) }
ol { padding: 0; margin: 0; list-style: none; counter-reset: step }
ol > li { counter-increment: step; margin: 0 0 1rem; padding: .9rem; background: var(--card); border-radius: .9rem }
ol > li > p:first-child::before { content: counter(step) ". "; font-weight: 700 }
p { margin: .4rem 0 } .dim { color: var(--dim); font-size: .9rem }
.button { display: block; margin: .8rem 0; padding: .75rem; border-radius: .7rem; text-align: center; font-weight: 600; text-decoration: none; color: #fff; background: var(--button) }
.trusted .app { background: #1a7f37 }
.screen { display: block; width: 100%; max-width: 300px; margin: .6rem auto 0 }
.frame { fill: var(--paper); stroke: var(--line); stroke-width: 1.5 } .line { stroke: var(--line); stroke-width: .75 }
.screen text { fill: var(--ink); font: 13px system-ui, -apple-system, sans-serif } .screen .title { font-weight: 600; text-anchor: middle; font-size: 14px } .screen .rest { fill: var(--dim) }
.screen .strong { font-weight: 600 } .meant { fill: var(--mark); fill-opacity: .14; stroke: var(--mark); stroke-width: 1.5 }
.chevron { fill: none; stroke: var(--mark); stroke-width: 2 } .switch { fill: var(--on) } .knob { fill: #fff }
#check { vertical-align: middle; margin-right: .4rem } code { font: .82rem/1.5 ui-monospace, monospace }
`;

/** The page for a device. @param system undefined where the device did not say what it is */
export function guidePage(guide: Guide, system: SystemName | undefined): string {
  const systems = systemsFor(guide.authority);
  const known = system && systems[system];
  const links = SYSTEM_NAMES.map((name) => {
    const current = name === system ? ' aria-current="page"' : "";
    return `<a href="${guide.base}?system=${name}"${current}>${escapeHtml(systems[name].title)}</a>`;
  });
  const here = system ? `${guide.base}?system=${system}` : guide.base;
  const title = escapeHtml(guide.title);
  return documentOf(
    `Open ${guide.title} on this device`,
    `<h1>Open ${title} on this device</h1>
<p>Your browser has to trust the certificate of the computer that serves the app. That is done once for each device.</p>
<nav aria-label="System">${links.join("")}</nav>
${known ? `<ol>${known.steps.map((step) => stepOf(step, guide)).join("")}</ol>` : `<p>Which system does this device have?</p>`}
${known?.firefox ? `<h2>With Firefox</h2><ol>${stepOf(known.firefox, guide)}</ol>` : ""}
<h2 id="trusted">Is it trusted?</h2>
<p><img id="check" src="${escapeHtml(guide.check)}" width="24" height="24" alt="Not trusted yet."> <span id="verdict" role="status"></span></p>
<p class="dim">A green mark: it is. Otherwise go through the steps again, then <a href="${here}">look again</a>.</p>
<a class="button app" href="${escapeHtml(guide.app)}">Open the app</a>
<p class="dim">This pairs this browser with the app, once. Nobody else can use the code that you scanned. It is good until ${timeOf(guide.expires)}.</p>
<h2>Is it the right certificate?</h2>
<p>${escapeHtml(guide.authority)}. SHA-256, as the terminal of devtls shows it:</p>
<p><code>${escapeHtml(guide.fingerprint.replaceAll(":", " "))}</code></p>
<p class="dim">It can sign local names and private addresses only, as far as the device holds it to that.${known ? ` To remove it: ${escapeHtml(known.undo)}` : ""}</p>
<script>${SCRIPT}</script>`,
  );
}

function stepOf({ words, screen, download }: Step, { base }: Guide): string {
  const file = download === "profile" ? "devtls.mobileconfig" : "devtls-root.crt";
  const what = download === "profile" ? "Get the profile" : "Get the certificate";
  const button = download ? `<a class="button" href="${base}/${file}">${what}</a>` : "";
  return `<li><p>${escapeHtml(words)}</p>${button}${drawScreen(screen)}</li>`;
}

/** What a visitor sees who has no right to more. */
export function plainPage(title: string, text: string): string {
  return documentOf(title, `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(text)}</p>`);
}

function documentOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** As the clock on the computer shows it, which is where the device is. */
function timeOf(date: Date): string {
  return date.toTimeString().slice(0, 5);
}

/** Nothing but the page's own style and script, and the image that is the check. */
export function contentPolicy(check: string | undefined): string {
  const hash = (text: string): string =>
    `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return [
    "default-src 'none'",
    `style-src ${hash(STYLE)}`,
    `script-src ${check === undefined ? "'none'" : hash(SCRIPT)}`,
    // The grammar of source lists has no IPv6 addresses (CSP 3 2.3.1).
    ...(check === undefined ? [] : [`img-src ${check.includes("[") ? "https:" : check}`]),
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ].join("; ");
}
