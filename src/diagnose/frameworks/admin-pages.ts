/** Programs whose administration is a web page. */
import { type Framework, lines } from "./record.js";

export const cockpit: Framework = {
  name: "cockpit",
  title: "Cockpit",
  id: null,
  where: "Cockpit, /etc/cockpit/cockpit.conf, under [WebService]",
  matches: ({ path, cookieNames }) =>
    /^\/cockpit(?:\+[^/]*)?\/(?:static|socket|login)\b/.test(path) ||
    cookieNames.includes("cockpit"),
  sessions: /^cockpit$/,
  secureFollows: true,
  settings: {
    trustProto: lines("ProtocolHeader = X-Forwarded-Proto"),
    baseUrl: lines("Origins = {origin}"),
    origins: lines("Origins = {origin}"),
    socketOrigins: lines("Origins = {origin}"),
  },
};

export const syncthing: Framework = {
  name: "syncthing",
  title: "Syncthing",
  id: null,
  where: "Syncthing, config.xml, in <gui>",
  matches: ({ header, page, cookieNames }) =>
    header("x-syncthing-version") !== "" ||
    cookieNames.some((name) => /^(?:CSRF-Token|sessionid)-[0-9A-Z]{5,7}$/.test(name)) ||
    page.trim() === "Host check error",
  sessions: /^sessionid-[0-9A-Z]{5,7}$/,
  settings: {
    hosts: lines("<insecureSkipHostcheck>true</insecureSkipHostcheck>"),
  },
  refusals: [
    { text: "Host check error", says: "host" },
    { text: "CSRF Error", says: "token" },
  ],
};
