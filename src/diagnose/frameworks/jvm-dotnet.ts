import { type Framework, lines } from "./record.js";

export const spring: Framework = {
  name: "spring",
  title: "Spring Boot",
  id: "spring",
  where: "Spring Boot, application.properties",
  matches: ({ cookieNames, page }) =>
    cookieNames.includes("JSESSIONID") || page.includes("Whitelabel Error Page"),
  sessions: /^(?:JSESSIONID|SESSION)$/,
  secureFollows: true,
  settings: {
    trustProto: lines("server.forward-headers-strategy=framework"),
    trustHost: lines("server.forward-headers-strategy=framework"),
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
