/** Debian's Apache with its PHP module, on loopback, from a configuration of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accepting } from "../../support/django.js";
import { type Running, start } from "../../support/programs.js";
import { ACCOUNT, handOver } from "./account.js";

const MODULES = "/usr/lib/apache2/modules";

/** PHP as a module, of the one version that Debian 12 has. */
export const APACHE_PHP = `${MODULES}/libphp8.2.so`;

/** As Debian enables them, as far as PHP applications need them. */
const LOADED = [
  "mpm_prefork",
  "authn_core",
  "authz_core",
  "authz_host",
  "access_compat",
  "alias",
  "dir",
  "env",
  "filter",
  "mime",
  "rewrite",
  "setenvif",
];

export interface Site {
  readonly port: number;
  readonly root: string;
  /** Folders outside the root that links in it lead to. */
  readonly directives?: string;
}

/**
 * @param folder of the server's own files; made when missing
 */
export async function startApache(folder: string, site: Site): Promise<Running> {
  mkdirSync(folder, { recursive: true });
  for (const name of ["sessions", "uploads"]) mkdirSync(join(folder, name), { recursive: true });
  const file = join(folder, "apache.conf");
  const load = LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`);
  writeFileSync(
    file,
    `\
ServerRoot ${folder}
ServerName app.internal
ServerTokens OS
Listen 127.0.0.1:${site.port}
PidFile ${folder}/apache.pid
Mutex file:${folder}
ErrorLog ${folder}/error.log
LogLevel warn
${load.join("\n")}
LoadModule php_module ${APACHE_PHP}
TypesConfig /etc/mime.types
StartServers 4
MaxRequestWorkers 16
KeepAlive On
KeepAliveTimeout 5
DocumentRoot ${site.root}
DirectoryIndex index.php index.html
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
# A pasted line counts from the next request on.
php_admin_value opcache.revalidate_freq 0
php_admin_value session.save_path ${folder}/sessions
php_admin_value upload_tmp_dir ${folder}/uploads
<Directory />
  Options FollowSymLinks
  AllowOverride None
  Require all granted
</Directory>
${site.directives ?? ""}
`,
  );
  handOver(folder);
  const server = start("/usr/sbin/apache2", ["-D", "FOREGROUND", "-f", file], {
    ...ACCOUNT,
    env: { HOME: folder },
  });
  await accepting(site.port, server);
  return server;
}
