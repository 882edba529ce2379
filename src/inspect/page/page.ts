/** The inspector's page: signs in with the token of its URL, follows the store, shows it. */
import type { Row } from "../rows.js";
import { DetailPane } from "./detail.js";
import { fill, h, save, say } from "./dom.js";
import { type About, ask, Refused } from "./interface.js";
import { List } from "./list.js";
import { attempt } from "./parts.js";

const KEYS: readonly (readonly [string, string])[] = [
  ["j k", "next and previous exchange (also the arrow keys)"],
  ["Enter", "show it"],
  ["o", "open or close a chain of redirects"],
  ["/", "filter"],
  ["Escape", "back to the list"],
  ["g G", "first and last"],
  ["e", "as another edge"],
  ["p", "would it loop?"],
  ["r", "replay"],
  ["?", "these keys"],
];

async function signIn(): Promise<About> {
  const token = /(?:^#|&)token=([\w-]+)/.exec(location.hash)?.[1];
  if (token) {
    // Neither the history nor a bookmark keeps it.
    history.replaceState(null, "", "/");
    return ask<About>("session", { token });
  }
  return ask<About>("about");
}

function start(about: About): void {
  const main = h("main", { class: "" });
  const list: List = new List((row) => {
    void attempt(() => pane.show(row.id));
  });
  const show = (): void => main.classList.add("open");
  const hide = (): void => {
    main.classList.remove("open");
    list.element.focus();
  };
  const pane = new DetailPane(
    about,
    (id) => {
      list.choose(id);
      show();
    },
    hide,
  );
  list.element.addEventListener("click", show);
  const count = h("span", { class: "soft", role: "status" });
  const filters = filterBar(list, count);
  const help = helpDialog();
  document
    .getElementById("app")
    ?.replaceChildren(
      h(
        "header",
        {},
        h("h1", {}, "devtls"),
        h("span", { class: "where" }, `${about.url} → ${about.target}, edge ${about.edge}`),
        filters.element,
        toolBar(list, about, help),
      ),
      main,
      h("div", { id: "said", role: "status" }),
    );
  fill(main, list.element, pane.element, help);
  follow(list, () => {
    filters.refresh();
    count.textContent = `${list.size} exchanges`;
  });
  keys({ list, help, filter: filters.text, show, hide });
  list.element.focus();
}

function filterBar(list: List, count: HTMLElement) {
  const update = (): void => {
    list.filter.text = text.value;
    list.filter.status = status.value;
    list.filter.method = method.value;
    list.filter.finding = finding.value;
    list.filter.host = host.value;
    list.changed();
  };
  const text = h("input", {
    type: "search",
    id: "filter",
    placeholder: "Filter ( / )",
    "aria-label": "Filter by text",
    input: update,
  });
  const choice = (
    label: string,
    all: string,
    values: readonly (readonly [string, string])[],
  ): HTMLSelectElement =>
    h(
      "select",
      { "aria-label": label, change: update },
      h("option", { value: "" }, all),
      values.map(([value, title]) => h("option", { value }, title)),
    );
  const status = choice("Filter by status", "any status", [
    ["2", "2xx"],
    ["3", "3xx"],
    ["4", "4xx"],
    ["5", "5xx"],
    ["1", "1xx"],
    ["broken", "broken off"],
  ]);
  const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
  const method = choice(
    "Filter by method",
    "any method",
    methods.map((each) => [each, each]),
  );
  const finding = choice("Filter by finding", "with or without finding", [["any", "any finding"]]);
  const host = choice("Filter by host", "any host", []);
  const extend = (select: HTMLSelectElement, values: readonly string[]): void => {
    const known = new Set([...select.options].map((option) => option.value));
    for (const value of values) if (!known.has(value)) select.append(h("option", { value }, value));
  };
  return {
    element: h(
      "div",
      { class: "filters", role: "search" },
      text,
      status,
      method,
      finding,
      host,
      count,
    ),
    text,
    refresh: () => {
      extend(finding, list.codes());
      extend(host, list.hosts());
    },
  };
}

function toolBar(list: List, about: About, help: HTMLDialogElement): HTMLElement {
  const button = (
    title: string,
    action: () => Promise<unknown>,
    more: Record<string, string> = {},
  ) => h("button", { ...more, click: () => void attempt(action) }, title);
  const bodies: HTMLButtonElement = button(
    "Keep bodies",
    async () => {
      const on = bodies.getAttribute("aria-pressed") !== "true";
      const { bodies: kept } = await ask<About>("settings", { bodies: on });
      bodies.setAttribute("aria-pressed", String(kept));
      say(
        kept
          ? "The first 64 KiB of each body are kept from now on."
          : "Bodies are not kept from now on.",
      );
    },
    { "aria-pressed": String(about.bodies), id: "bodies" },
  );
  const file = h("input", {
    ...{ type: "file", accept: ".har,application/json", class: "hidden", tabindex: -1 },
    ...{ "aria-label": "HAR file", id: "har-file" },
    change: () =>
      void attempt(async () => {
        const [chosen] = file.files ?? [];
        if (!chosen) return;
        const { imported } = await ask<{ imported: number }>("har", await chosen.text());
        file.value = "";
        say(`${imported} exchanges imported.`);
      }),
  });
  return h(
    "div",
    { class: "tools" },
    bodies,
    button(
      "Save HAR",
      async () => save("devtls.har", await ask("saved-har", { ids: list.ids() })),
      { id: "save-har" },
    ),
    button("Save HAR with secrets", async () => {
      const sure = confirm(
        "The file will hold cookies, authorization and bodies: whoever gets it can act as you. Save it?",
      );
      if (!sure) return;
      const chosen = { ids: list.ids(), secrets: true };
      save("devtls-with-secrets.har", await ask("saved-har", chosen));
    }),
    button("Open HAR", async () => file.click()),
    file,
    button(
      "Save as flow",
      async () => save("flow.json", await ask("saved-flow", { ids: list.ids() })),
      { id: "save-flow" },
    ),
    button("Clear", async () => {
      await ask("clear", {});
      list.clear();
    }),
    h("button", { "aria-label": "Keys", click: () => help.showModal() }, "?"),
  );
}

function helpDialog(): HTMLDialogElement {
  const dialog: HTMLDialogElement = h(
    "dialog",
    { "aria-label": "Keys" },
    h("h2", {}, "Keys"),
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        KEYS.map(([key, what]) =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row" },
              key.split(" ").map((each) => [h("kbd", {}, each), " "]),
            ),
            h("td", {}, what),
          ),
        ),
      ),
    ),
    h("div", { class: "actions" }, h("button", { click: () => dialog.close() }, "Close")),
  );
  return dialog;
}

/** The browser connects again by itself, and says what it knows last. */
function follow(list: List, changed: () => void): void {
  const source = new EventSource("/api/events");
  let last = Date.now();
  source.addEventListener("rows", (event) => {
    last = Date.now();
    list.add(JSON.parse(event.data) as Row[]);
    changed();
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED)
      say("devtls has ended, or this session has. Open the URL that it prints.");
    else if (Date.now() - last > 2_000) say("Connecting again …");
  });
}

interface Keyboard {
  readonly list: List;
  readonly help: HTMLDialogElement;
  readonly filter: HTMLInputElement;
  readonly show: () => void;
  readonly hide: () => void;
}

function keys({ list, help, filter, show, hide }: Keyboard): void {
  const press = (id: string): void => document.getElementById(id)?.focus();
  const actions: Readonly<Record<string, () => void>> = {
    j: () => list.move(1),
    ArrowDown: () => list.move(1),
    k: () => list.move(-1),
    ArrowUp: () => list.move(-1),
    g: () => list.move(-1e9),
    G: () => list.move(1e9),
    o: () => list.toggle(),
    "/": () => filter.focus(),
    "?": () => help.showModal(),
    e: () => press("edge"),
    r: () => press("replay-name"),
    p: () => document.getElementById("prove")?.click(),
    Escape: hide,
    Enter: () => {
      show();
      document.getElementById("detail")?.focus();
    },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const at = event.target as HTMLElement;
    const typing = at.matches("input, select, textarea");
    if (typing && event.key === "Escape") return list.element.focus();
    const isOwn = at.matches("button, a") && event.key === "Enter";
    const scrolls = at.id === "detail" && event.key.startsWith("Arrow");
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (typing || isOwn || scrolls || !action) return;
    event.preventDefault();
    action();
  });
}

function explain(error: unknown): void {
  const lost = error instanceof Refused && error.status === 401;
  document
    .getElementById("app")
    ?.replaceChildren(
      h(
        "main",
        { class: "alone" },
        h(
          "div",
          { id: "detail" },
          h("h1", {}, "devtls inspector"),
          h(
            "p",
            {},
            lost
              ? "This page opens with the URL that devtls prints: it has a token in it."
              : String(error),
          ),
        ),
      ),
    );
}

signIn().then(start, explain);
