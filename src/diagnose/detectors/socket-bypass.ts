/** Clients of dev servers that connect to the dev server's own port, past the edge, or without TLS. */
import { scanAnswer } from "../body-reading.js";
import type { DevSocket } from "../body-scan.js";
import type { BodyObservation, Detector } from "../detector.js";
import { type Finding, type Observation, stated } from "../finding.js";
import { parcel, vite, webpack } from "../frameworks/dev-servers.js";
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
    const { hostname, host } = new URL(url);
    const { known } = app;
    // Storybook's is Vite's, with a setting of its own.
    const own = socket.by === "vite" && known?.framework.settings.socketUrl && known.framework;
    const framework = own || CLIENTS[socket.by];
    const isPlain = socket.port === 0;
    const does = isPlain
      ? `which on ${hostname} opens its WebSocket without TLS (ws) on a page that came over https, too. This port speaks TLS`
      : `which opens its WebSocket on port ${socket.port} itself, not on the port of the page. A page that came over https asks for TLS there (wss), which the dev server does not speak`;
    return stated({
      ...{ code: "websocket-refused", url },
      cause: isPlain ? "socket-without-tls" : "socket-bypasses-proxy",
      framework: known?.framework.id ?? null,
      explanation: `The answer to ${method} ${url} has the client of ${framework.title}, ${does}: pages are not reloaded, and only the browser's console says so.`,
      chain: [
        `browser  ${method} ${url}`,
        isPlain
          ? `browser  ws://${host}, where devtls speaks TLS: refused`
          : `browser  wss://${hostname}:${socket.port}, past devtls: refused`,
      ],
      fixes: settingsFor("socketUrl", { framework }, { url }),
      settle: "The console of the browser would settle it: it names that WebSocket.",
    });
  },
};

const CLIENTS = { webpack, vite, parcel } as const;

/** Names on which Parcel's client goes without TLS. */
const WITHOUT_TLS = ["localhost", "127.0.0.1", "0.0.0.0"];

/** A port that is not the page's own, or that one without TLS. */
function foundIn({ body, url }: BodyObservation): DevSocket | undefined {
  const { hostname, port: given } = new URL(url);
  const own = Number(given || 443);
  return body?.sockets.find(({ by, port }) =>
    port === 0 ? by === "parcel" && WITHOUT_TLS.includes(hostname) : port !== own,
  );
}
