/** A page in each of the small frameworks of Perl and Python: the address that it gives itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { accepting } from "../../support/django.js";
import { start } from "../../support/programs.js";
import { absent } from "../app.js";
import type { RealApp } from "./apps.js";

const PERL = "/usr/bin/perl";
const PYTHON = "/usr/bin/python3";

/** The app's own idea of its address stands on the page; its cookie is as its lines make it. */
const saysHttps = (response: string): boolean => response.includes("https://db.test:8443/x");

interface Script {
  readonly name: string;
  readonly interpreter: string;
  /** Files that its Debian packages bring. */
  readonly needs: readonly string[];
  readonly file: string;
  readonly code: (port: number, lines: readonly string[]) => string;
  /** Lines that go into the environment, or into a file of their own. */
  readonly besides?: (lines: readonly string[]) => {
    readonly env?: Readonly<Record<string, string>>;
    readonly file?: string;
  };
  readonly claims: RealApp["claims"];
}

/** As most do: they believe X-Forwarded-Proto once they are told to, and not before. */
const LISTENS: RealApp["claims"] = [
  { told: true, secure: false },
  { lines: "trustProto", told: true, secure: true },
  { lines: "trustProto", told: false, secure: false },
];

const asVariables = (lines: readonly string[]) => ({
  env: Object.fromEntries(lines.map((line) => line.split("=", 2))),
});

const MOJOLICIOUS: Script = {
  ...{ name: "mojolicious", interpreter: PERL, file: "app.pl" },
  needs: ["/usr/share/perl5/Mojolicious.pm"],
  code: (port) => `use Mojolicious::Lite -signatures;
get '/' => sub ($c) { $c->session(a => 1); $c->render(text => $c->url_for('/x')->to_abs) };
app->start('daemon', '-l', 'http://127.0.0.1:${port}');
`,
  ...{ besides: asVariables, claims: LISTENS },
};

const DANCER: Script = {
  ...{ name: "dancer", interpreter: PERL, file: "app.pl" },
  needs: ["/usr/share/perl5/Dancer2.pm"],
  code: (port) => `package App; use Dancer2;
set port => ${port}; set host => '127.0.0.1'; set startup_info => 0;
get '/' => sub { session a => 1; uri_for('/x') };
start;
`,
  besides: (lines) => ({ file: ["session: Simple", ...lines, ""].join("\n") }),
  claims: LISTENS,
};

const CHERRYPY: Script = {
  ...{ name: "cherrypy", interpreter: PYTHON, file: "app.py" },
  needs: ["/usr/lib/python3/dist-packages/cherrypy/__init__.py"],
  code: (port, lines) => `import cherrypy
class Root:
    @cherrypy.expose
    def index(self):
        cherrypy.session['a'] = 1
        return cherrypy.url('/x')
cherrypy.config.update({'server.socket_host': '127.0.0.1', 'server.socket_port': ${port},
    'log.screen': False, 'engine.autoreload.on': False, 'tools.sessions.on': True})
${lines.filter((line) => line.startsWith("cherrypy.config")).join("\n")}
cherrypy.quickstart(Root())
`,
  claims: LISTENS,
};

const TORNADO: Script = {
  ...{ name: "tornado", interpreter: PYTHON, file: "app.py" },
  needs: ["/usr/lib/python3/dist-packages/tornado/web.py"],
  code: (port, lines) => `import tornado.httpserver, tornado.ioloop, tornado.web
class Page(tornado.web.RequestHandler):
    def get(self):
        self.write(self.request.protocol + '://' + self.request.host + '/x')
app = tornado.web.Application([('/', Page)])
server = tornado.httpserver.HTTPServer(app)
${lines.join("\n")}
server.listen(${port}, '127.0.0.1')
tornado.ioloop.IOLoop.current().start()
`,
  claims: LISTENS,
};

const AIOHTTP: Script = {
  ...{ name: "aiohttp", interpreter: PYTHON, file: "app.py" },
  needs: ["/usr/lib/python3/dist-packages/aiohttp/web.py"],
  code: (port, lines) => `from aiohttp import web
async def page(request): return web.Response(text=str(request.url.with_path('/x')))
app = web.Application()
app.add_routes([web.get('/', page)])
${lines.join("\n")}
web.run_app(app, host='127.0.0.1', port=${port}, print=None)
`,
  claims: LISTENS,
};

const BOTTLE: Script = {
  ...{ name: "bottle", interpreter: PYTHON, file: "app.py" },
  needs: ["/usr/lib/python3/dist-packages/bottle.py"],
  code: (port) => `from bottle import request, route, run
@route('/')
def page(): return request.urlparts._replace(path='/x').geturl()
run(host='127.0.0.1', port=${port}, quiet=True)
`,
  claims: [
    { told: true, secure: true },
    { told: false, secure: false },
  ],
};

export const SCRIPT_APPS: readonly RealApp[] = [
  ...[MOJOLICIOUS, DANCER, CHERRYPY, TORNADO, AIOHTTP, BOTTLE],
].map(({ name, interpreter, needs, file, code, besides, claims }) => ({
  ...{ name, claims, isSecure: saysHttps },
  whyNot: () => absent([interpreter, ...needs]),
  start: async ({ port, folder }, lines) => {
    writeFileSync(join(folder, file), code(port, lines));
    const { env = {}, file: config } = besides?.(lines) ?? {};
    if (config !== undefined) writeFileSync(join(folder, "config.yml"), config);
    const run = start(interpreter, [join(folder, file)], {
      cwd: folder,
      env: { HOME: folder, ...env },
    });
    await accepting(port, run);
  },
}));
