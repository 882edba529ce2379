import { type Framework, lines, type Setting } from "./record.js";

const SPRING_TRUST: Setting = { line: "server.forward-headers-strategy=framework" };

const VALVE: Setting = {
  line: '<Valve className="org.apache.catalina.valves.RemoteIpValve"/>',
  where: "Tomcat, conf/server.xml, in <Host>",
};

const CONNECTOR: Setting = {
  line: 'proxyName="{hostname}" proxyPort="{port}" scheme="https" secure="true"',
  where: "Tomcat, conf/server.xml, the attributes of <Connector>",
};

const inWebXml = (setting: string): Setting => ({
  line: `<session-config><cookie-config>${setting}</cookie-config></session-config>`,
  where: "the servlet application, WEB-INF/web.xml",
});

export const spring: Framework = {
  name: "spring",
  title: "Spring Boot",
  id: "spring",
  where: "Spring Boot, application.properties",
  matches: ({ cookieNames, header, page }) =>
    page.includes("Whitelabel Error Page") ||
    /^\{"timestamp":[^,]+,"status":\d{3},"error":"/.test(page) ||
    header("x-application-context") !== "" ||
    cookieNames.includes("SESSION"),
  sessions: /^(?:JSESSIONID|SESSION)$/,
  secureFollows: true,
  settings: {
    trustProto: lines(SPRING_TRUST),
    trustHost: lines(SPRING_TRUST),
    // Its filter reads Forwarded before the others; the valve of "native" does not.
    trustForwarded: lines(SPRING_TRUST),
    socketOrigins: lines({
      line: 'registry.addHandler(handler, "/ws").setAllowedOrigins("{origin}");',
      where: "Spring, the WebSocketConfigurer",
    }),
    noHsts: lines({
      line: "http.headers(headers -> headers.httpStrictTransportSecurity(hsts -> hsts.disable()));",
      where: "Spring Security, the SecurityFilterChain",
    }),
    secure: lines("server.servlet.session.cookie.secure=true"),
    "no-domain": lines("server.servlet.session.cookie.domain="),
    "root-path": lines("server.servlet.session.cookie.path=/"),
    "http-only": lines("server.servlet.session.cookie.http-only=true"),
  },
  refusals: [{ text: "Invalid CORS request", says: "origin" }],
};

/** A servlet application that runs in Tomcat, which is configured by its own files. */
export const tomcat: Framework = {
  name: "tomcat",
  title: "Tomcat",
  id: "spring",
  where: "Tomcat, conf/server.xml, in <Host>",
  matches: ({ header, page }) =>
    header("server").startsWith("Apache-Coyote/") ||
    /<h3>Apache Tomcat\/|<title>HTTP Status \d{3} – /.test(page),
  sessions: /^JSESSIONID$/,
  secureFollows: true,
  settings: {
    trustProto: lines(VALVE),
    // RemoteIpValve compares whole values.
    trustForwarded: lines(CONNECTOR),
    secure: lines(inWebXml("<secure>true</secure>")),
    "no-domain": lines(inWebXml("<domain></domain>")),
    "root-path": lines(inWebXml("<path>/</path>")),
    "http-only": lines(inWebXml("<http-only>true</http-only>")),
  },
};

/** Which container it is, and whether Spring runs in it, a servlet's session does not say. */
export const servlet: Framework = {
  ...spring,
  name: "servlet",
  title: "the servlet application",
  general: true,
  matches: ({ cookieNames }) => cookieNames.includes("JSESSIONID"),
  sessions: /^JSESSIONID$/,
  settings: {
    ...spring.settings,
    trustProto: [
      ...lines({ ...SPRING_TRUST, where: "Spring Boot, application.properties" }),
      VALVE,
    ],
    trustForwarded: [
      ...lines({ ...SPRING_TRUST, where: "Spring Boot, application.properties" }),
      CONNECTOR,
    ],
    secure: [
      ...lines({
        line: "server.servlet.session.cookie.secure=true",
        where: "Spring Boot, application.properties",
      }),
      inWebXml("<secure>true</secure>"),
    ],
  },
};

export const aspnet: Framework = {
  name: "aspnet",
  title: "ASP.NET Core",
  id: "aspnet",
  where: "ASP.NET Core, environment",
  matches: ({ header, cookieNames }) =>
    header("server") === "Kestrel" || cookieNames.some((name) => name.startsWith(".AspNetCore.")),
  sessions: /^(?:\.AspNetCore\..+|ASP\.NET_SessionId)$/,
  secureFollows: true,
  settings: {
    trustProto: lines("ASPNETCORE_FORWARDEDHEADERS_ENABLED=true"),
    // It reads X-Forwarded-* only; the address can be written down.
    trustForwarded: lines({
      line: 'app.Use((context, next) => { context.Request.Scheme = "https"; context.Request.Host = new("{host}"); return next(context); });',
      where: "ASP.NET Core, Program.cs, before all other app.Use",
    }),
    socketOrigins: lines({
      line: 'app.UseWebSockets(new WebSocketOptions { AllowedOrigins = { "{origin}" } });',
      where: "ASP.NET Core, Program.cs",
    }),
    hosts: lines({ line: '"AllowedHosts": "{hostname}"', where: "ASP.NET Core, appsettings.json" }),
    noHsts: lines({
      line: "if (!app.Environment.IsDevelopment()) app.UseHsts();",
      where: "ASP.NET Core, Program.cs",
    }),
    secure: lines({
      line: "options.Cookie.SecurePolicy = CookieSecurePolicy.Always;",
      where: "ASP.NET Core, Program.cs",
    }),
    "no-domain": lines({
      line: "options.Cookie.Domain = null;",
      where: "ASP.NET Core, Program.cs",
    }),
    "root-path": lines({
      line: 'options.Cookie.Path = "/";',
      where: "ASP.NET Core, Program.cs",
    }),
    "http-only": lines({
      line: "options.Cookie.HttpOnly = true;",
      where: "ASP.NET Core, Program.cs",
    }),
  },
  refusals: [{ text: "Bad Request - Invalid Hostname", says: "host" }],
};
