/** The configuration of an nginx that a test runs, but for its servers. */

/** @param folder its own; @param servers `server { … }` blocks */
export function nginxConfiguration(folder: string, servers: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join("\n  ");
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  ${temporary}
  ${servers}
}
`;
}
