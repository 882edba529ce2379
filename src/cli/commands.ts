/** The commands by name, with the line that `devtls --help` says of each. */
export const SUMMARIES = {
  serve: "front a dev server with TLS, as production would",
  edges: "list the production edges that can be simulated",
  rehearse: "send one flow through every edge: which ones does the app break on",
  audit: "grade a site as the outside will: headers, cookies, TLS",
  capture: "learn what an edge does, and write a profile of it",
  echo: "print a one-file app that shows what reaches it behind an edge",
  trace: "follow the redirects of a URL and say what is wrong",
  mcp: "tell coding agents what was found, with its proof",
  init: "put the project in this folder on https",
  config: "show the configuration in force and where it comes from",
  cert: "issue a certificate",
  acme: "give certificates to certbot, Caddy, lego and others over ACME",
  renew: "issue certificates again before they expire",
  trust: "make browsers and tools trust the authority",
  untrust: "undo devtls trust",
  doctor: "check this machine and say what to do about what is wrong",
  env: "print the variables that make programs trust the authority",
  explain: "explain a finding",
  completion: "print the script that makes a shell complete devtls",
  ca: "make, show, import, export, rotate or delete the authority",
} as const;

export type CommandName = keyof typeof SUMMARIES;

/** What `devtls help` knows besides the commands. */
export const TOPIC_NAMES = [
  "security",
  "diagnosis",
  "cookies",
  "configuration",
  "ci",
  "phone",
  "migrate",
] as const;

export type TopicName = (typeof TOPIC_NAMES)[number];
