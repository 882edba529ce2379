/** Clients of dev servers that connect to the dev server's own port, past the edge. */
import { scanAnswer } from "../body-reading.js";
import type { DevSocket } from "../body-scan.js";
import type { BodyObservation, Detector } from "../detector.js";
import { type Finding, type Observation, stated } from "../finding.js";
import { vite, webpack } from "../frameworks/dev-servers.js";
import { settingsFor } from "../frameworks/settings.js";

interface Seen {
  readonly observation: Observation;
  readonly socket: DevSocket;
}

export const socketBypass: Detector<Seen> = {
  code: "websocket-refused",
  wants: { body: true },

  look(observation) {
    const socket = foundIn(observation);
    return socket ? [{ seen: { observation, socket }, once: `bypass ${socket.port}` }] : [];
  },

  stillSo({ socket }, again) {
    const body = again.body ?? scanAnswer(again, {});
    if (again.status !== 200 || !body) return undefined;
    return foundIn({ ...again, body })?.port === socket.port;
  },

  explain({ observation, socket }, { app }): Finding {
    const { method, url } = observation;
    const { hostname } = new URL(url);
    const framework = socket.by === "vite" ? vite : webpack;
    return stated({
      ...{ code: "websocket-refused", cause: "socket-bypasses-proxy", url },
      framework: app.known?.framework.id ?? null,
      explanation: `The answer to ${method} ${url} has the client of ${framework.title}, which opens its WebSocket on port ${socket.port} itself, not on the port of the page. A page that came over https asks for TLS there (wss), which the dev server does not speak: pages are not reloaded, and only the browser's console says so.`,
      chain: [
        `browser  ${method} ${url}`,
        `browser  wss://${hostname}:${socket.port}, past devtls: refused`,
      ],
      fixes: settingsFor("socketUrl", { framework }, { url }),
      settle: "The console of the browser would settle it: it names that WebSocket.",
    });
  },
};

/** A port that is not the page's own; 0 stands for that one. */
function foundIn({ body, url }: BodyObservation): DevSocket | undefined {
  const own = Number(new URL(url).port || 443);
  return body?.sockets.find(({ port }) => port !== 0 && port !== own);
}
