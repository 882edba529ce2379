/** Applications in PHP that many run as they come. */
import { FORWARDED, RFC_7239 } from "./php.js";
import { type Framework, lines } from "./record.js";

const WP_CONFIG = "WordPress, wp-config.php, above the line that loads wp-settings.php";

export const wordpress: Framework = {
  name: "wordpress",
  title: "WordPress",
  id: "wordpress",
  where: WP_CONFIG,
  matches: ({ header, cookieNames, path }) =>
    header("x-redirect-by") === "WordPress" ||
    header("link").includes("https://api.w.org/") ||
    cookieNames.some((name) => /^wordpress_/.test(name)) ||
    /^\/(?:[\w-]+\/)?wp-(?:login\.php|admin\/|includes\/|content\/)/.test(path),
  sessions: /^wordpress_(?:logged_in|sec)_\w+$/,
  secureFollows: true,
  settings: {
    trustProto: lines(FORWARDED),
    trustForwarded: lines(...RFC_7239),
    // It sends every Host but its own to its own address, for ever behind an edge that rewrites it.
    trustHost: lines("$_SERVER['HTTP_HOST'] = '{host}';"),
    // With an https address it goes by what it takes the request for, and redirects for ever.
    baseUrl: lines(FORWARDED, "define('WP_HOME', '{origin}'); define('WP_SITEURL', '{origin}');"),
    secure: lines("define('FORCE_SSL_ADMIN', true);"),
    "no-domain": lines("define('COOKIE_DOMAIN', '');"),
    "root-path": lines("define('COOKIEPATH', '/');"),
  },
};

export const mediawiki: Framework = {
  name: "mediawiki",
  title: "MediaWiki",
  id: "php",
  where: "MediaWiki, LocalSettings.php",
  matches: ({ cookieNames, path, header }) =>
    cookieNames.some((name) =>
      /^(?:mw_session|\w*wiki\w*_?session|\w*wiki\w*User(?:ID|Name))$/i.test(name),
    ) ||
    /\/(?:load|api)\.php\?.*\b(?:modules|action)=/.test(path) ||
    /\/index\.php\?(?:.*&)?title=/.test(path) ||
    /\/index\.php\/(?:Main_Page|(?:Special|User|Talk|File|Help|Category|MediaWiki):)/.test(
      path + header("location"),
    ) ||
    header("vary").includes("X-Seven-Options"),
  sessions: /^(?:\w+_session|\w+Token)$/,
  secureFollows: true,
  settings: {
    trustProto: lines({ line: FORWARDED, where: "MediaWiki, LocalSettings.php, at the top" }),
    baseUrl: lines('$wgServer = "{origin}";'),
    secure: lines("$wgCookieSecure = true;"),
    "no-domain": lines('$wgCookieDomain = "";'),
    "root-path": lines('$wgCookiePath = "/";'),
    "http-only": lines("$wgCookieHttpOnly = true;"),
  },
};

export const dokuwiki: Framework = {
  name: "dokuwiki",
  title: "DokuWiki",
  id: "php",
  where: "DokuWiki, conf/local.php",
  matches: ({ cookieNames, path }) =>
    cookieNames.some((name) => name === "DokuWiki" || /^DW[0-9a-f]{32}$/.test(name)) ||
    /\/(?:doku\.php|lib\/exe\/(?:css|js|fetch|detail|indexer|taskrunner)\.php)/.test(path),
  sessions: /^(?:DokuWiki|DW[0-9a-f]{32})$/,
  secureFollows: true,
  settings: {
    trustProto: lines({ line: FORWARDED, where: "DokuWiki, inc/preload.php, after <?php" }),
    baseUrl: lines("$conf['baseurl'] = '{origin}';"),
    secure: lines("$conf['securecookie'] = 1;"),
  },
};

export const phpmyadmin: Framework = {
  name: "phpmyadmin",
  title: "phpMyAdmin",
  id: "php",
  where: "phpMyAdmin, config.inc.php",
  matches: ({ cookieNames, header }) =>
    cookieNames.some((name) => /^(?:phpMyAdmin|pmaAuth|pmaUser)(?:[-_]\w+)*$/.test(name)) ||
    header("x-ob_mode") !== "",
  sessions: /^(?:phpMyAdmin|pmaAuth)(?:[-_]\w+)*$/,
  secureFollows: true,
  settings: {
    // It believes X-Forwarded-Proto by itself, and decides on its cookies by this, or by that.
    baseUrl: lines("$cfg['PmaAbsoluteUri'] = '{origin}/phpmyadmin/';"),
    secure: lines("$cfg['PmaAbsoluteUri'] = '{origin}/phpmyadmin/';"),
  },
};

export const roundcube: Framework = {
  name: "roundcube",
  title: "Roundcube",
  id: "php",
  where: "Roundcube, config/config.inc.php",
  matches: ({ cookieNames }) => cookieNames.some((name) => /^roundcube_sess/.test(name)),
  sessions: /^roundcube_sess(?:id|auth)$/,
  secureFollows: true,
  settings: {
    trustProto: lines("$config['proxy_whitelist'] = ['{peer}'];"),
    keepPort: lines("$config['force_https'] = {port};"),
    secure: lines("$config['use_https'] = true;"),
    "no-domain": lines("$config['session_domain'] = '';"),
    "root-path": lines("$config['session_path'] = '/';"),
  },
};
