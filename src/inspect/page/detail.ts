/** One exchange: three views and their differences, the drawing, the proof, replay. */
import type { Drawing } from "../../drawing/drawing.js";
import { type Child, fill, h, save, say } from "./dom.js";
import {
  type About,
  ask,
  type Detail,
  type EdgeHead,
  type LoopProof,
  type ShownBody,
  type Verification,
} from "./interface.js";
import { attempt, pairsAsLines, svgOf, viewOf } from "./parts.js";
import { replayForm } from "./replay.js";

export class DetailPane {
  readonly element = h("div", {
    id: "detail",
    role: "region",
    "aria-label": "Exchange",
    tabindex: 0,
  });
  readonly #about: About;
  readonly #choose: (id: number) => void;
  readonly #close: () => void;
  #edge = "";
  #id = 0;

  constructor(about: About, choose: (id: number) => void, close: () => void) {
    this.#about = about;
    this.#choose = choose;
    this.#close = close;
    fill(
      this.element,
      h("p", { class: "soft" }, "Choose an exchange: j and k go up and down, ? shows all keys."),
    );
  }

  async show(id: number): Promise<void> {
    this.#id = id;
    const detail = await ask<Detail>(`exchanges/${id}`);
    const drawn = await ask<{ drawing: Drawing }>(`exchanges/${id}/drawing`);
    if (this.#id !== id) return;
    this.#render(detail, drawn.drawing);
  }

  #render(detail: Detail, drawing: Drawing): void {
    const third = h("div", { class: "view" });
    const proof = h("div", {});
    const names = this.#about.edges.map(({ name }) => name);
    const edges = h(
      "select",
      {
        id: "edge",
        "aria-label": "As another edge",
        change: () => void attempt(() => this.#asEdge(detail.id, edges.value, third)),
      },
      h("option", { value: "" }, "another edge …"),
      names.map((name) => h("option", { value: name, selected: name === this.#edge }, name)),
      h("option", { value: "all" }, "all"),
    );
    const prove = h(
      "button",
      {
        id: "prove",
        click: () =>
          void attempt(async () => {
            const chosen = edges.value === "" || edges.value === "all" ? detail.edge : edges.value;
            fill(proof, h("p", { class: "soft" }, "Asking the app …"));
            const found = await ask<LoopProof>(`exchanges/${detail.id}/prove`, { edge: chosen });
            fill(
              proof,
              h(
                "p",
                { class: found.loops ? "bad" : "good", id: "proof" },
                `Behind ${found.edge}: ${found.says}.`,
              ),
              svgOf(found.drawing),
            );
          }),
      },
      "Would it loop?",
    );
    if (this.#edge) void attempt(() => this.#asEdge(detail.id, this.#edge, third));
    const { url, method, status, own, edge, target } = detail;
    fill(
      this.element,
      h("button", { class: "back", click: () => this.#close() }, "← List"),
      h("h2", {}, `${method} ${url}`),
      h(
        "p",
        {},
        h(
          "span",
          { class: status >= 500 || status === 0 ? "bad" : status >= 400 ? "warn" : "good" },
          status === 0 ? "no answer" : status,
        ),
        h(
          "span",
          { class: "soft" },
          ` ${detail.protocol}, ${detail.bytes} octets${target ? `, ${target}` : ""}${edge ? `, edge ${edge}` : ""}`,
        ),
        own && h("strong", {}, " answered by devtls itself"),
        detail.limit && h("span", { class: "bad" }, ` ${detail.limit}`),
        detail.brokenBy && h("span", { class: "bad" }, ` broken off by ${detail.brokenBy}`),
        !detail.over && " still open",
      ),
      this.#timing(detail),
      this.#copies(detail.id),
      detail.findings.map((each) => this.#finding(each)),
      h("h3", {}, "As it was sent, as the app was told, as another edge would tell it"),
      h("div", { class: "actions" }, edges, prove),
      proof,
      h(
        "div",
        { class: "views" },
        viewOf("The browser sent", detail.browser, ""),
        viewOf(`The app was told${edge ? ` (${edge})` : ""}`, detail.app, "The app was not asked."),
        third,
      ),
      (detail.length > 1 || drawing.ending !== undefined) && [
        h("h3", {}, `${drawing.title}, drawn`),
        svgOf(drawing),
      ],
      h("h3", {}, "The answer, and what the browser got of it"),
      detail.informations.map((each) =>
        viewOf(
          `${each.status}, before the answer`,
          { line: String(each.status), lines: pairsAsLines(each.headers) },
          "",
        ),
      ),
      viewOf(
        `${status}`,
        { line: own ? "made by devtls" : "from the app", lines: detail.sent },
        "",
      ),
      detail.trailers.length > 0 &&
        viewOf("Trailers", { line: "after the body", lines: pairsAsLines(detail.trailers) }, ""),
      this.#cookies(detail),
      this.#frames(detail),
      this.#body("Request body", detail.requestBody),
      this.#body("Response body", detail.responseBody),
      replayForm(detail, this.#about.edges, this.#choose),
    );
    this.element.scrollTop = 0;
  }

  async #asEdge(id: number, name: string, place: HTMLElement): Promise<void> {
    this.#edge = name;
    if (name === "") return fill(place);
    const heads = await ask<EdgeHead[]>(`exchanges/${id}/as?edge=${encodeURIComponent(name)}`);
    fill(
      place,
      heads.map((head) => viewOf(`As ${head.edge}: ${head.title}`, head, "")),
    );
  }

  #timing({ ms, phases }: Detail): HTMLElement {
    const named: readonly (readonly [string, number | undefined])[] = [
      ["looking the target up", phases.dns],
      ["connecting to it", phases.tcp],
      ["its TLS handshake", phases.tls],
      ["until its answer began", phases.wait],
      ["the body", phases.receive],
    ];
    const parts = named.flatMap(([name, taken]) => (taken === undefined ? [] : [{ name, taken }]));
    const said = parts.map(({ name, taken }) => `${name} ${taken.toFixed(1)} ms`).join(", ");
    const bar = h("div", { class: "bar", role: "img", "aria-label": `Time: ${said}` });
    for (const { name, taken } of parts) {
      const piece = h("i", { title: name });
      piece.style.width = `${ms > 0 ? (100 * taken) / ms : 0}%`;
      bar.append(piece);
    }
    return h("div", {}, bar, h("p", { class: "soft" }, `${ms.toFixed(1)} ms: ${said}.`));
  }

  #copies(id: number): HTMLElement {
    const copy = (as: string, title: string): HTMLElement =>
      h(
        "button",
        {
          click: () =>
            void attempt(async () => {
              const { text } = await ask<{ text: string }>(`exchanges/${id}/copy?as=${as}`);
              await navigator.clipboard.writeText(text);
              say(`Copied ${title}.`);
            }),
        },
        `Copy ${title}`,
      );
    return h(
      "div",
      { class: "actions" },
      copy("curl", "as curl"),
      copy("fetch", "as fetch"),
      copy("step", "as a step"),
      h(
        "button",
        { click: () => void attempt(async () => save("devtls.har", await ask(`har?ids=${id}`))) },
        "Save as HAR",
      ),
    );
  }

  #finding({ number, finding }: Detail["findings"][number]): HTMLElement {
    const outcome = h("p", { role: "status" });
    const { code, cause, confidence, explanation, proof, chain, fixes } = finding;
    return h(
      "section",
      { class: "finding" },
      h("h3", {}, `${code}: ${cause} (${confidence})`),
      h("p", {}, explanation),
      chain.length > 0 && h("pre", { tabindex: 0 }, chain.join("\n")),
      proof?.kind === "asked" &&
        h(
          "p",
          {},
          "Proof: the app was asked again with ",
          h("code", {}, proof.changed),
          `: ${proof.before} became ${proof.after}.`,
        ),
      proof?.kind === "rule" && h("p", {}, `Proof: ${proof.rule}`),
      fixes.map(({ where, lines }) => [
        h("p", {}, `To fix it, ${where}:`),
        h("pre", { tabindex: 0 }, lines.join("\n")),
      ]),
      h(
        "div",
        { class: "actions" },
        h(
          "button",
          {
            class: "verify",
            click: () =>
              void attempt(async () => {
                const found = await ask<Verification>(`findings/${number}/verify`, {});
                outcome.className = found.fixed ? "good" : "bad";
                outcome.textContent = found.fixed
                  ? `Fixed: ${found.before} became ${found.after}.`
                  : `Still so: ${found.after}.`;
              }),
          },
          "Is it fixed?",
        ),
        fixes.length > 0 &&
          h(
            "button",
            {
              click: () =>
                void attempt(async () => {
                  await navigator.clipboard.writeText(finding.fix.join("\n"));
                  say("Copied the fix.");
                }),
            },
            "Copy the fix",
          ),
      ),
      outcome,
    );
  }

  #cookies({ cookies }: Detail): Child {
    if (cookies.length === 0) return undefined;
    return [
      h("h3", {}, "Cookies"),
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Cookie", "What a browser does", "The next request carries"].map((name) =>
              h("th", {}, name),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          cookies.map(({ line, verdict, reason, next }) =>
            h(
              "tr",
              {},
              h("td", {}, line),
              h(
                "td",
                { class: verdict === "stored" ? "good" : "bad" },
                verdict,
                reason && `: ${reason}`,
              ),
              h("td", {}, next),
            ),
          ),
        ),
      ),
    ];
  }

  #frames({ frames, framesLeftOut }: Detail): Child {
    if (frames.length === 0) return undefined;
    return [
      h("h3", {}, "Frames"),
      framesLeftOut > 0 && h("p", { class: "soft" }, `${framesLeftOut} earlier ones are not kept.`),
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["From", "After", "Kind", "Octets", "Text"].map((name) => h("th", {}, name)),
          ),
        ),
        h(
          "tbody",
          {},
          frames.map(({ from, after, kind, length, text = "" }) =>
            h(
              "tr",
              {},
              [
                from === "client" ? "browser" : "app",
                `${after.toFixed(0)} ms`,
                kind,
                length,
                text,
              ].map((cell) => h("td", {}, cell)),
            ),
          ),
        ),
      ),
    ];
  }

  #body(title: string, body: ShownBody | undefined): Child {
    if (!body) return undefined;
    const { type, total, whole, text, image } = body;
    return [
      h("h3", {}, title),
      h(
        "p",
        { class: "soft" },
        `${type || "no type"}, ${total} octets${whole ? "" : ", the beginning of it"}`,
      ),
      image === undefined
        ? h("pre", { tabindex: 0 }, text ?? "")
        : h("img", {
            class: "body",
            alt: `The ${title.toLowerCase()}`,
            src: `data:${type};base64,${image}`,
          }),
    ];
  }
}
