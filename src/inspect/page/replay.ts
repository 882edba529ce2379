/** Replay with one thing changed: the two answers side by side. */
import { type Child, fill, h } from "./dom.js";
import { type About, ask, type Compared, type Detail, Refused } from "./interface.js";
import { attempt, viewOf } from "./parts.js";

/** The form that sends an exchange again, and what came of it. */
export function replayForm(
  { id, method }: Detail,
  edges: About["edges"],
  choose: (id: number) => void,
): Child {
  const name = h("input", {
    id: "replay-name",
    placeholder: "X-Forwarded-Proto",
    "aria-label": "Header to change",
    size: 20,
  });
  const value = h("input", {
    id: "replay-value",
    placeholder: "empty: without it",
    "aria-label": "Its value",
  });
  const edge = h(
    "select",
    { id: "replay-edge", "aria-label": "Edge to replay as" },
    h("option", { value: "" }, "as it was, through devtls"),
    edges.map((each) => h("option", { value: each.name }, `as ${each.name}`)),
  );
  const from = h(
    "select",
    { "aria-label": "Source address" },
    h("option", { value: "" }, "from the edge's address"),
    h("option", { value: "loopback" }, "from 127.0.0.1"),
  );
  const side = h(
    "select",
    { "aria-label": "Whose header" },
    h("option", { value: "app" }, "of what the app is told"),
    h("option", { value: "browser" }, "of what the browser sends"),
  );
  const outcome = h("div", { role: "status", id: "replayed" });
  const wish = (confirmed: boolean): unknown => ({
    ...(name.value && {
      header: { name: name.value, ...(value.value && { value: value.value }) },
    }),
    ...(edge.value && { edge: edge.value }),
    ...(from.value && { from: from.value }),
    side: side.value,
    confirmed,
  });
  const send = async (confirmed: boolean): Promise<void> => {
    try {
      showCompared(outcome, choose, await ask<Compared>(`exchanges/${id}/replay`, wish(confirmed)));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 409) throw error;
      if (confirm(`${method} may change something in the app. Send it once more?`))
        await send(true);
    }
  };
  return [
    h("h3", {}, "Replay, with one thing changed"),
    h(
      "form",
      {
        class: "actions",
        submit: (event) => {
          event.preventDefault();
          void attempt(() => send(false));
        },
      },
      ...[name, value, side, edge, from],
      h("button", { id: "replay" }, "Replay"),
    ),
    outcome,
  ];
}

function showCompared(
  place: HTMLElement,
  choose: (id: number) => void,
  { exchange, before, after, told, answered }: Compared,
): void {
  const row = (title: string, { status, location = "", bytes, ms }: Compared["before"]) =>
    h(
      "tr",
      {},
      [title, status, location, bytes, `${ms.toFixed(1)} ms`].map((cell) => h("td", {}, cell)),
    );
  fill(
    place,
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["", "Status", "Location", "Octets", "Time"].map((title) =>
            title ? h("th", {}, title) : h("td", {}),
          ),
        ),
      ),
      h("tbody", {}, row("before", before), row("replayed", after)),
    ),
    h(
      "div",
      { class: "views" },
      viewOf("What the app was told", { line: "differences", lines: told }, ""),
      viewOf("What it answered", { line: "differences", lines: answered }, ""),
    ),
    h("button", { click: () => choose(exchange) }, "Show the replay"),
  );
}
