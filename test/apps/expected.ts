export const EDGES = [
  "devtls",
  "none",
  "nginx-proxy-params",
  "heroku",
  "apache",
  "cloudflare",
] as const;
export type Edge = (typeof EDGES)[number];
const ALL = Object.fromEntries(EDGES.map((edge) => [edge, "works"])) as Record<Edge, string>;
export const EXPECTED: Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<Edge, string>>>>>
> = {
  WordPress: { "as installed": ALL, https: ALL },
  MediaWiki: { "as installed": ALL, https: ALL, "forced https": ALL },
  DokuWiki: { "as installed": ALL },
  Redmine: { "as installed": ALL, "forced https": ALL },
  Jupyter: { "as installed": ALL, "remote access": ALL },
  "Node-RED": { "as installed": ALL },
};
