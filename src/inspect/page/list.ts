/** The list: rows in the order in which they came, redirects as one; only what is seen is there. */
import type { Row } from "../rows.js";
import { fill, h } from "./dom.js";

const ROW_PX = 28;
/** Rows beyond the visible ones, so that scrolling shows no gap. */
const SPARE = 8;
/** Rows that the page remembers, also when the store has thrown theirs out. */
const MAX_ROWS = 50_000;
/** Hosts to choose from. */
const MAX_HOSTS = 50;
/** For one part of time spent on rows that stream in, so many go to whatever else there is. */
const PART = 4;

export interface Filter {
  text: string;
  status: string;
  method: string;
  finding: string;
  host: string;
}

interface Shown {
  readonly row: Row;
  /** Rows of its chain, where it stands for them. */
  readonly hops: number;
  readonly isHop: boolean;
  /** Of all its rows. */
  readonly codes: readonly string[];
}

export class List {
  readonly element: HTMLElement;
  readonly filter: Filter = { text: "", status: "", method: "", finding: "", host: "" };
  #chosen = 0;
  readonly #space = h("div", { role: "presentation" });
  readonly #rows = new Map<number, Row>();
  readonly #hosts = new Set<string>();
  readonly #codes = new Set<string>();
  readonly #open = new Set<number>();
  #shown: Shown[] = [];
  #stale = true;
  #due = false;
  #newest = 0;
  #inOrder = true;
  /** Rows that stream in are not shown before then, so that the page has time for its reader. */
  #busyUntil = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  readonly #onChoose: (row: Row) => void;

  constructor(onChoose: (row: Row) => void) {
    this.#onChoose = onChoose;
    this.element = h("div", {
      ...{ id: "list", role: "listbox", tabindex: 0, "aria-label": "Exchanges" },
      scroll: () => this.draw(),
    });
    this.element.appendChild(this.#space);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  get size(): number {
    return this.#rows.size;
  }

  get visible(): number {
    return this.#shown.length;
  }

  ids(): number[] {
    return this.#matching().map(({ id }) => id);
  }

  /** All that were seen; a client can name very many. */
  hosts(): string[] {
    return [...this.#hosts];
  }

  codes(): string[] {
    return [...this.#codes];
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) {
      // A row that changed before it was seen comes after later ones.
      if (row.id < this.#newest && !this.#rows.has(row.id)) this.#inOrder = false;
      this.#newest = Math.max(this.#newest, row.id);
      this.#rows.set(row.id, row);
      if (this.#hosts.size < MAX_HOSTS) this.#hosts.add(row.host);
      for (const code of row.findings) this.#codes.add(code);
    }
    if (this.#rows.size > MAX_ROWS) {
      for (const id of this.#rows.keys()) {
        if (this.#rows.size <= MAX_ROWS) break;
        this.#rows.delete(id);
      }
    }
    this.#stale = true;
    const rest = this.#busyUntil - performance.now();
    if (rest <= 0) this.draw();
    else this.#later ??= setTimeout(() => this.draw(), rest);
  }

  clear(): void {
    this.#rows.clear();
    this.#hosts.clear();
    this.#codes.clear();
    this.#newest = 0;
    this.#inOrder = true;
    this.#chosen = 0;
    this.changed();
  }

  changed(): void {
    this.#stale = true;
    this.draw();
  }

  draw(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame((began) => {
      this.#due = false;
      this.#render();
      const now = performance.now();
      this.#busyUntil = now + PART * (now - began);
    });
  }

  choose(id: number): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#chosen = id;
    this.draw();
    this.#onChoose(row);
  }

  get chosen(): Row | undefined {
    return this.#rows.get(this.#chosen);
  }

  /** Chooses the next row, or the one before. */
  move(by: number): void {
    this.#refresh();
    const at = this.#shown.findIndex(({ row }) => row.id === this.#chosen);
    // Without a chosen row the first step leads in from that side.
    const next = (at < 0 && by < 0 ? this.#shown.length : at) + by;
    const wanted = Math.max(0, Math.min(next, this.#shown.length - 1));
    const { row } = this.#shown[wanted] ?? {};
    if (!row) return;
    const top = wanted * ROW_PX;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW_PX > scrollTop + clientHeight) {
      this.element.scrollTop = top + ROW_PX - clientHeight;
    }
    this.choose(row.id);
  }

  /** Opens or closes the chain of the chosen row. */
  toggle(chain = this.chosen?.chain): void {
    if (chain === undefined) return;
    if (!this.#open.delete(chain)) this.#open.add(chain);
    this.changed();
  }

  #matching(): Row[] {
    const { text, status, method, finding, host } = this.filter;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...this.#rows.values()].filter((row) => {
      if (status && !(status === "broken" ? row.broken : String(row.status)[0] === status))
        return false;
      if (method && row.method !== method) return false;
      if (host && row.host !== host) return false;
      if (finding && !(finding === "any" ? row.findings.length : row.findings.includes(finding)))
        return false;
      if (words.length === 0) return true;
      const all =
        `${row.method} ${row.scheme}://${row.host}${row.path} ${row.status} ${row.type} ${row.findings.join(" ")}`.toLowerCase();
      return words.every((word) => all.includes(word));
    });
    return this.#inOrder ? rows : rows.sort((a, b) => a.id - b.id);
  }

  #refresh(): void {
    if (!this.#stale) return;
    this.#stale = false;
    const matching = this.#matching();
    const heads = new Set<number>();
    const chains = new Map<number, Row[]>();
    for (const row of matching) {
      const chain = chains.get(row.chain);
      if (chain) chain.push(row);
      else chains.set(row.chain, [row]);
    }
    this.#shown = matching.flatMap((row): Shown[] => {
      const chain = chains.get(row.chain) ?? [row];
      if (!heads.has(row.chain)) {
        heads.add(row.chain);
        const codes = [...new Set(chain.flatMap(({ findings }) => findings))];
        return [{ row, hops: chain.length, isHop: false, codes }];
      }
      const isOpen = this.#open.has(row.chain);
      return isOpen ? [{ row, hops: 1, isHop: true, codes: row.findings }] : [];
    });
  }

  #render(): void {
    const { element } = this;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - ROW_PX;
    const wasStale = this.#stale;
    this.#refresh();
    this.#space.style.height = `${this.#shown.length * ROW_PX}px`;
    if (wasStale && atEnd && this.#chosen === 0) element.scrollTop = element.scrollHeight;
    const from = Math.max(0, Math.floor(element.scrollTop / ROW_PX) - SPARE);
    const to = Math.min(
      this.#shown.length,
      from + Math.ceil(element.clientHeight / ROW_PX) + 2 * SPARE,
    );
    const rows = this.#shown
      .slice(from, to)
      .map((shown, index) => this.#rowOf(shown, from + index));
    fill(this.#space, rows);
    const active = this.#shown.slice(from, to).some(({ row }) => row.id === this.#chosen);
    if (active) element.setAttribute("aria-activedescendant", `row-${this.#chosen}`);
    else element.removeAttribute("aria-activedescendant");
  }

  #rowOf({ row, hops, isHop, codes }: Shown, place: number): HTMLElement {
    const { id, status, method, path, host, ms, own, broken, over, source, upgrade } = row;
    const chosen = id === this.#chosen;
    const tone = status === 0 || status >= 500 ? "bad" : status >= 400 ? "warn" : "";
    const open = this.#open.has(row.chain);
    const tags = [
      ...(hops > 1 ? [`${hops} hops`] : []),
      ...codes,
      ...(source === "live" ? [] : [source]),
      ...(own ? ["devtls"] : []),
      ...(upgrade ? [upgrade] : []),
      ...(broken ? [`${broken} broke off`] : []),
      ...(over ? [] : ["open"]),
    ];
    const element = h(
      "div",
      {
        id: `row-${id}`,
        class: `row${isHop ? " hop" : ""}${chosen ? " chosen" : ""}`,
        role: "option",
        "aria-selected": chosen ? "true" : "false",
        "aria-setsize": this.#shown.length,
        "aria-posinset": place + 1,
        click: () => this.choose(id),
      },
      hops > 1
        ? h(
            "span",
            {
              "aria-hidden": "true",
              click: (event) => {
                event.stopPropagation();
                this.toggle(row.chain);
              },
            },
            open ? "▾" : "▸",
          )
        : h("span", {}),
      h("span", { class: tone }, status === 0 ? "---" : status),
      h("span", {}, method),
      h("span", { title: `${row.scheme}://${host}${path}` }, path),
      h(
        "span",
        {},
        tags.map((tag) =>
          h("span", { class: `tag ${codes.includes(tag) ? "warn" : "soft"}` }, tag),
        ),
      ),
      h("span", { class: "ms" }, `${Math.round(ms)} ms`),
    );
    element.style.top = `${place * ROW_PX}px`;
    return element;
  }
}
