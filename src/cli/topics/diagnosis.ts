/** What `serve` finds, and what a finding is worth. */
export const DIAGNOSIS = `What devtls serve finds, and how it knows

What goes wrong is passed on, so that the browser shows what production would, and is reported once
for each cause and route: the hops, what the app was told, and the setting for the framework that
was recognised. devtls explain lists every finding, devtls explain CODE shows one in full.

A cause is "proved" by asking again: devtls repeats a failing GET with one thing changed at a time
(X-Forwarded-Proto: https, from 127.0.0.1 instead of another address, with the Host kept, …); the
smallest change that cures it is the cause. At most 8 replays for a finding, never a method that
could change something, each marked with X-Devtls-Probe: 1. --no-probe switches them off; findings
are then "likely".

Bodies are looked at as they pass, compressed ones too, and are neither kept nor held up. Prose,
comments, code samples, name spaces and the URLs of other servers are left alone. Chromium makes an
exception for localhost and loads what production would block: --host app.test shows it.

An edge of your own: save what devtls edges caddy --json lists, or write
{"extends": "heroku", "limits": {"firstByte": {"max": 5000, "status": 503}}}, and pass it with
--edge-file edge.json. Single facts have the last word: --forwarded-proto, --set-header,
--drop-header. --limits off keeps an edge's headers without its timeouts and size limits.`;
